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

// window counts the tickets used in the last windowLength and windowSlack, and those that may be used any moment. The flow
// alone does not bound them: its burst comes on top of it, and a ticket may be used later than it was handed out.
type window struct {
	size int
	// given are the tickets used, oldest first; of is how many of them each class used.
	given []use
	of    [Person + 1]int
	// held is how many tickets room is kept for, the last of them until heldUntil.
	held      int
	heldUntil time.Time
}

// use is a ticket used.
type use struct {
	at    time.Time
	class Class
}

// add counts a ticket used by a class at the time now.
func (w *window) add(now time.Time, class Class) {
	w.given = append(w.given, use{at: now, class: class})
	w.of[class]++
}

// urgent returns which part of the budget was used by classes that are more urgent than the one given.
func (w *window) urgent(than Class) float64 {
	used := 0
	for class := Person; class > than; class-- {
		used += w.of[class]
	}
	return float64(used) / float64(w.size)
}

// hold keeps room for one more ticket, until release.
func (w *window) hold(until time.Time) {
	w.held++
	w.heldUntil = later(w.heldUntil, until)
}

func (w *window) release() { w.held-- }

// after returns when there is room for a ticket if so many are used before it, as far as that can be told by those used so
// far. It is not in the future if there is room now. -1 is for a ticket that is held itself.
func (w *window) after(tickets int) time.Time {
	leaves := len(w.given) + w.held + tickets - w.size
	switch {
	case leaves < 0:
		return time.Time{}
	case leaves < len(w.given):
		return w.given[leaves].at.Add(windowLength + windowSlack)
	default:
		return w.heldUntil
	}
}

// forget drops the tickets that do not count any more.
func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.given) && now.Sub(w.given[old].at) >= windowLength+windowSlack {
		w.of[w.given[old].class]--
		old++
	}
	w.given = w.given[old:]
}
