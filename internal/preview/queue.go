// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"container/heap"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
)

// clock is the simulated time.
type clock struct{ start, now time.Time }

// Now returns the simulated time.
func (c *clock) Now() time.Time { return c.now }

// advance moves the time forward, never back.
func (c *clock) advance(to time.Time) {
	if to.After(c.now) {
		c.now = to
	}
}

// elapsed is the simulated time since the apply, in whole seconds.
func (c *clock) elapsed() time.Duration { return c.now.Sub(c.start).Truncate(time.Second) }

// queue is a work queue by the simulated time. An object that is added several times is due at the earliest of the times, and
// objects that are due at the same time come in the order in which they were added.
type queue struct {
	// TypedRateLimitingInterface is nil: event handlers only add.
	workqueue.TypedRateLimitingInterface[ctrl.Request]

	clock *clock
	// due is when each object is due. order has the same, and what was replaced by an earlier time.
	due   map[ctrl.Request]place
	order places
	added int
}

// place is when an object is due, and its place among those that are due at the same time.
type place struct {
	request ctrl.Request
	at      time.Time
	number  int
}

// places are a heap with the first place on top.
type places []place

// Len implements heap.Interface.
func (p places) Len() int { return len(p) }

// Less implements heap.Interface.
func (p places) Less(i, j int) bool {
	return p[i].at.Before(p[j].at) || p[i].at.Equal(p[j].at) && p[i].number < p[j].number
}

// Swap implements heap.Interface.
func (p places) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *places) Push(x any) { *p = append(*p, x.(place)) } //nolint:forcetypeassert // only AddAfter pushes

// Pop implements heap.Interface.
func (p *places) Pop() any {
	all := *p
	last := all[len(all)-1]
	*p = all[:len(all)-1]
	return last
}

func newQueue(c *clock) *queue { return &queue{clock: c, due: map[ctrl.Request]place{}} }

// Add makes an object due now.
func (q *queue) Add(r ctrl.Request) { q.AddAfter(r, 0) }

// AddAfter makes an object due after some time.
func (q *queue) AddAfter(r ctrl.Request, after time.Duration) {
	q.added++
	next := place{r, q.clock.now.Add(max(after, 0)), q.added}
	if present, found := q.due[r]; !found || next.at.Before(present.at) {
		q.due[r] = next
		heap.Push(&q.order, next)
	}
}

// next removes the object that is due first, and returns when it is due. ok is false if there is none until the given time.
func (q *queue) next(until time.Time) (r ctrl.Request, at time.Time, ok bool) {
	for len(q.order) > 0 {
		first := q.order[0]
		if q.due[first.request] != first {
			heap.Pop(&q.order)
			continue
		}
		if first.at.After(until) {
			break
		}
		heap.Pop(&q.order)
		delete(q.due, first.request)
		return first.request, first.at, true
	}
	return ctrl.Request{}, time.Time{}, false
}
