// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "time"

const (
	// windowLength is the duration over which the API counts requests.
	windowLength = 10 * time.Second
	// windowSlack is how much closer together calls may arrive at the API than they were sent.
	windowSlack = 250 * time.Millisecond
)

// window is a sliding window. It counts the tokens used in the last windowLength and windowSlack, and the granted
// tokens that may be used at any moment. The token bucket alone does not keep the limit: its burst adds to its rate,
// and a token may be used later than it was granted.
type window struct {
	// limit is the maximum number of tokens.
	limit int
	// uses are the used tokens, oldest first. byLevel is their number per level.
	uses    []use
	byLevel [Interactive + 1]int
	// kept is the number of granted tokens for which the window keeps room.
	kept int
}

// use is a used token.
type use struct {
	at    time.Time
	level PriorityLevel
}

// add counts a token that a level used at the time now.
func (w *window) add(now time.Time, level PriorityLevel) {
	w.uses = append(w.uses, use{at: now, level: level})
	w.byLevel[level]++
}

// moreUrgent returns the number of tokens used by levels more urgent than the given one.
func (w *window) moreUrgent(than PriorityLevel) int {
	used := 0
	for level := Interactive; level > than; level-- {
		used += w.byLevel[level]
	}
	return used
}

// after returns when the window has room for a token, if so many are used before it as early as possible. The time is
// not in the future if there is room now. -1 is for a token for which the window keeps room.
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

// forget removes tokens that no longer count.
func (w *window) forget(now time.Time) {
	old := 0
	for old < len(w.uses) && now.Sub(w.uses[old].at) >= windowLength+windowSlack {
		w.byLevel[w.uses[old].level]--
		old++
	}
	w.uses = w.uses[old:]
}
