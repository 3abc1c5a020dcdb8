// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "maps"

// quantum is the number of tokens of a flow per round: about what one reconciliation of an object needs.
const quantum = 4

// queue holds the requests of one priority level and serves their flows fairly, by a round-robin with a quantum. In
// each round, every waiting flow gets up to quantum tokens, so that a large flow delays only itself.
//
// A flow that joins during a round has not had its quantum of that round. Its requests are fresh: they go before the
// rest of the round, and each of several such flows gets its first token before any gets its second. A round ends,
// because a flow has one quantum in it, so every request is served. Among g flows the n-th request of a flow waits for
// fewer than (n + 2 × quantum) × g tokens.
type queue struct {
	// waiting is the number of waiting requests.
	waiting int
	// fresh are the requests of flows that joined the present round, by the number of tokens that their flow had in it
	// before.
	fresh [quantum]round
	// rounds are the other requests by round: rounds[current] is under way and has number base+current.
	rounds        []round
	base, current int
	// sizes are the numbers of waiting requests in each of rounds.
	sizes sums
	// flows are the flows with a part in the present round or a later one. kept is how many the last cleanup left.
	flows map[string]flow
	kept  int
}

// flow is the last round in which a flow has a part, the used tokens of its quantum there, the number of its waiting
// requests, and whether they are fresh.
type flow struct {
	round, taken, waiting int
	fresh                 bool
}

// next returns a flow with one more request.
func (q *queue) next(name string) flow {
	now := q.base + q.current
	f, found := q.flows[name]
	switch {
	case !found || f.round < now:
		f.round, f.taken = now, 0
	case f.taken == quantum:
		f.round, f.taken = f.round+1, 0
	}
	// A fresh request must not overtake others of its own flow.
	f.fresh = f.round == now && (f.fresh || f.waiting == 0)
	f.taken++
	f.waiting++
	return f
}

// assign sets the position of a request in the queue.
func (q *queue) assign(r *request) {
	f := q.next(r.caller.Flow)
	if r.fresh = f.fresh; r.fresh {
		r.round = f.taken - 1
		r.seat = q.fresh[r.round].added
		return
	}
	r.round, r.seat = f.round, 0
	if i := r.round - q.base; i < len(q.rounds) {
		r.seat = q.rounds[i].added
	}
}

// join adds a request behind those of its flow.
func (q *queue) join(r *request) {
	q.assign(r)
	q.remember(r.caller.Flow, q.next(r.caller.Flow))
	q.waiting++
	if r.fresh {
		q.fresh[r.round].push(r)
		return
	}
	i := r.round - q.base
	for len(q.rounds) <= i {
		q.rounds = append(q.rounds, round{})
	}
	q.rounds[i].push(r)
	q.sizes.add(i, 1)
}

// remember records a flow. When the number of flows has doubled, it forgets those whose last round has ended.
func (q *queue) remember(name string, f flow) {
	if q.flows == nil {
		q.flows = map[string]flow{}
	}
	q.flows[name] = f
	if len(q.flows) > 2*q.kept+quantum {
		maps.DeleteFunc(q.flows, func(_ string, old flow) bool { return old.waiting == 0 && old.round < q.base+q.current })
		q.kept = len(q.flows)
	}
}

// rejoin adds a request before all others.
func (q *queue) rejoin(r *request) {
	f := q.flows[r.caller.Flow]
	f.waiting++
	q.remember(r.caller.Flow, f)
	q.waiting++
	r.fresh, r.round = true, 0
	q.fresh[0].pushFirst(r)
}

// leave removes a request.
func (q *queue) leave(r *request) {
	r.gone = true
	if r.fresh {
		q.fresh[r.round].waiting--
	} else {
		q.rounds[r.round-q.base].waiting--
		q.sizes.add(r.round-q.base, -1)
	}
	q.shrink(r)
	// A flow without waiting requests had its quantum of the present round, and of no later one.
	if f, found := q.flows[r.caller.Flow]; found && f.waiting == 0 && f.round > q.base+q.current {
		q.flows[r.caller.Flow] = flow{round: q.base + q.current, taken: quantum}
	}
}

// head returns the round with the first request, and whether it is one of rounds. There must be a request.
func (q *queue) head() (*round, bool) {
	for i := range q.fresh {
		if q.fresh[i].waiting > 0 {
			return &q.fresh[i], false
		}
	}
	for q.rounds[q.current].waiting == 0 {
		q.current++
		q.drop()
	}
	return &q.rounds[q.current], true
}

// front returns the first request. There must be one.
func (q *queue) front() *request {
	head, _ := q.head()
	return head.front()
}

// pop removes and returns the first request. There must be one.
func (q *queue) pop() *request {
	head, counted := q.head()
	r := head.pop()
	if counted {
		q.sizes.add(q.current, -1)
	}
	q.shrink(r)
	return r
}

// shrink counts one request less. If none waits, fairness needs no history, and the queue forgets the flows.
func (q *queue) shrink(without *request) {
	if q.waiting--; q.waiting == 0 {
		*q = queue{}
		return
	}
	f := q.flows[without.caller.Flow]
	f.waiting--
	q.flows[without.caller.Flow] = f
}

// drop forgets ended rounds when they are more than half of all.
func (q *queue) drop() {
	const few = 1000
	if q.current < few || 2*q.current < len(q.rounds) {
		return
	}
	q.rounds = append([]round(nil), q.rounds[q.current:]...)
	q.base, q.current, q.sizes = q.base+q.current, 0, nil
	for i := range q.rounds {
		q.sizes.add(i, q.rounds[i].waiting)
	}
}

// ahead returns the number of requests before a request with a seat.
func (q *queue) ahead(r *request) int {
	before := 0
	for i := range q.fresh {
		if r.fresh && r.round == i {
			return before + q.fresh[i].ahead(r)
		}
		before += q.fresh[i].waiting
	}
	i := r.round - q.base
	before += q.sizes.before(i)
	if i < len(q.rounds) {
		before += q.rounds[i].ahead(r)
	}
	return before
}
