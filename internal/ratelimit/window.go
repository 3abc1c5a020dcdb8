// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "time"

const (
	// windowLength is the span in which the API counts requests.
	windowLength = 10 * time.Second
	// windowSlack is by how much calls may arrive closer together at the API than they were sent.
	windowSlack = 250 * time.Millisecond
)

// window is a sliding window that counts the tokens used in the last windowLength and windowSlack, and the granted tokens
// that may be used at any moment. The token bucket alone does not keep the limit: its burst comes on top of its rate, and a
// token may be used later than it was granted.
type window struct {
	// limit is how many tokens fit.
	limit int
	// uses are the tokens used, oldest first. byLevel is how many of them each level used.
	uses    []use
	byLevel [Interactive + 1]int
	// kept is for how many granted tokens the window keeps room.
	kept int
}

// use is a token that was used.
type use struct {
	at    time.Time
	level PriorityLevel
}

// add counts a token that a level used at the time now.
func (w *window) add(now time.Time, level PriorityLevel) {
	w.uses = append(w.uses, use{at: now, level: level})
	w.byLevel[level]++
}

// moreUrgent returns how many tokens were used by levels that are more urgent than the one given.
func (w *window) moreUrgent(than PriorityLevel) int {
	used := 0
	for level := Interactive; level > than; level-- {
		used += w.byLevel[level]
	}
	return used
}

// after returns when there is room for a token if so many are used before it as soon as they can. It is not in the future if
// there is room now. -1 is for a token for which the window keeps room.
func (w *window) after(tokens int, now time.Time) time.Time {
	const span = windowLength + windowSlack
	leaves := len(w.uses) + w.kept + tokens - w.limit
	if leaves < 0 {
		return now
	}
	// As many tokens as fit are used in each span, so a token follows one of the present ones by some number of spans.
	spans := 1 + max(0, leaves-len(w.uses)+w.limit)/w.limit
	leaves -= (spans - 1) * w.limit
	if leaves < 0 {
		return now.Add(time.Duration(spans-1) * span)
	}
	return w.uses[leaves].at.Add(time.Duration(spans) * span)
}

// forget drops the tokens that do not count any more.
func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.uses) && now.Sub(w.uses[old].at) >= windowLength+windowSlack {
		w.byLevel[w.uses[old].level]--
		old++
	}
	w.uses = w.uses[old:]
}
