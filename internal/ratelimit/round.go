// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

// round is a list of requests, first come, first served.
type round struct {
	first, last *request
	// added and taken number the seats: the first request has the seat with number taken.
	added, taken int
	// waiting is the number of the requests that are not gone.
	waiting int
}

func (r *round) push(one *request) {
	one.seat, one.next = r.added, nil
	if r.first == nil {
		r.first = one
	} else {
		r.last.next = one
	}
	r.last = one
	r.added++
	r.waiting++
}

// pushFirst puts a request before all others.
func (r *round) pushFirst(one *request) {
	r.taken--
	one.seat, one.next = r.taken, r.first
	if r.first == nil {
		r.last = one
	}
	r.first = one
	r.waiting++
}

// front returns the first request that is not gone; nil if there is none.
func (r *round) front() *request {
	for r.first != nil && r.first.gone {
		r.skip()
	}
	return r.first
}

// pop removes and returns the first request that is not gone; nil if there is none.
func (r *round) pop() *request {
	one := r.front()
	if one != nil {
		r.skip()
		r.waiting--
	}
	return one
}

func (r *round) skip() {
	one := r.first
	r.first, one.next = one.next, nil
	r.taken++
}

// ahead returns the number of requests before one. Requests that are gone count until their turn comes.
func (r *round) ahead(one *request) int { return one.seat - r.taken }
