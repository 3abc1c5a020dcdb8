// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

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
	of    [ratelimit.Interactive + 1]int
	// held is how many tickets room is kept for.
	held int
}

// use is a ticket used.
type use struct {
	at    time.Time
	class ratelimit.PriorityLevel
}

// add counts a ticket used by a class at the time now.
func (w *window) add(now time.Time, class ratelimit.PriorityLevel) {
	w.given = append(w.given, use{at: now, class: class})
	w.of[class]++
}

// urgent returns how many tickets were used by classes that are more urgent than the one given.
func (w *window) urgent(than ratelimit.PriorityLevel) int {
	used := 0
	for class := ratelimit.Interactive; class > than; class-- {
		used += w.of[class]
	}
	return used
}

// after returns when there is room for a ticket if so many are used before it as soon as they can. It is not in the future
// if there is room now. -1 is for a ticket for which room is kept.
func (w *window) after(tickets int, now time.Time) time.Time {
	const span = windowLength + windowSlack
	leaves := len(w.given) + w.held + tickets - w.size
	if leaves < 0 {
		return now
	}
	// As many as fit are used in each span: who finds it full of those before him follows one of them by so many spans.
	spans := 1 + max(0, leaves-len(w.given)+w.size)/w.size
	leaves -= (spans - 1) * w.size
	if leaves < 0 {
		return now.Add(time.Duration(spans-1) * span)
	}
	return w.given[leaves].at.Add(time.Duration(spans) * span)
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
