// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

const (
	// windowLength is the span over which Clerk counts requests.
	windowLength = 10 * time.Second
	// windowSlack is by how much calls may come closer together at Clerk than they were sent.
	windowSlack = 250 * time.Millisecond
)

// window counts the tickets given out in the last windowLength and windowSlack. The limiter alone does not bound them:
// its burst comes on top of its flow, and a reserved ticket may be taken later than it was due.
type window struct {
	size int
	// given are times in ascending order.
	given []time.Time
}

// add counts a ticket given out at the time now.
func (w *window) add(now time.Time) {
	w.forget(now)
	w.given = append(w.given, now)
}

// free returns the first time from at on at which one more ticket fits. It may be earlier than at.
func (w *window) free(at time.Time) time.Time {
	if len(w.given) < w.size {
		return at
	}
	return w.given[len(w.given)-w.size].Add(windowLength + windowSlack)
}

func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.given) && now.Sub(w.given[old]) >= windowLength+windowSlack {
		old++
	}
	w.given = append(w.given[:0], w.given[old:]...)
}
