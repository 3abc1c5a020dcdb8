// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

// round is a row of places, first come, first served.
type round struct {
	first, last *place
	// added and taken number the seats: the first place has seat taken.
	added, taken int
	// waiting is how many of the places are not gone.
	waiting int
}

func (r *round) push(p *place) {
	p.seat, p.next = r.added, nil
	if r.first == nil {
		r.first = p
	} else {
		r.last.next = p
	}
	r.last = p
	r.added++
	r.waiting++
}

// pushFirst puts a place before all others.
func (r *round) pushFirst(p *place) {
	r.taken--
	p.seat, p.next = r.taken, r.first
	if r.first == nil {
		r.last = p
	}
	r.first = p
	r.waiting++
}

// front returns the first place that is not gone, nil for none.
func (r *round) front() *place {
	for r.first != nil && r.first.gone {
		r.skip()
	}
	return r.first
}

// pop takes the first place that is not gone, nil for none.
func (r *round) pop() *place {
	p := r.front()
	if p != nil {
		r.skip()
		r.waiting--
	}
	return p
}

func (r *round) skip() {
	p := r.first
	r.first, p.next = p.next, nil
	r.taken++
}

// ahead returns how many places are before p. Those that are gone count until their turn comes.
func (r *round) ahead(p *place) int { return p.seat - r.taken }

// sums are numbers whose sum up to any one of them is known without adding them all up (a Fenwick tree): node i holds the
// sum of as many numbers up to the i-th as the lowest bit of i says.
type sums []int

// add adds n to the number at the index, which is 0 for an index that is new.
func (s *sums) add(index, n int) {
	for i := len(*s) + 1; i <= index+1; i++ {
		*s = append(*s, s.before(i-1)-s.before(i-i&-i))
	}
	for i := index + 1; i <= len(*s); i += i & -i {
		(*s)[i-1] += n
	}
}

// before returns the sum of all numbers before the index.
func (s *sums) before(index int) int {
	sum := 0
	for i := min(index, len(*s)); i > 0; i -= i & -i {
		sum += (*s)[i-1]
	}
	return sum
}
