// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
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
	due   map[ctrl.Request]place
	added int
}

// place is when an object is due, and its place among those that are due at the same time.
type place struct {
	at     time.Time
	number int
}

func (p place) before(o place) bool {
	return p.at.Before(o.at) || p.at.Equal(o.at) && p.number < o.number
}

func newQueue(c *clock) *queue { return &queue{clock: c, due: map[ctrl.Request]place{}} }

// Add makes an object due now.
func (q *queue) Add(r ctrl.Request) { q.AddAfter(r, 0) }

// AddAfter makes an object due after some time.
func (q *queue) AddAfter(r ctrl.Request, after time.Duration) {
	q.added++
	next := place{q.clock.now.Add(max(after, 0)), q.added}
	if present, found := q.due[r]; !found || next.at.Before(present.at) {
		q.due[r] = next
	}
}

// next removes the object that is due first, and returns when it is due. ok is false if there is none until the given time.
func (q *queue) next(until time.Time) (r ctrl.Request, at time.Time, ok bool) {
	var first place
	for candidate, due := range q.due {
		if !ok || due.before(first) {
			r, first, ok = candidate, due, true
		}
	}
	if !ok || first.at.After(until) {
		return ctrl.Request{}, time.Time{}, false
	}
	delete(q.due, r)
	return r, first.at, true
}
