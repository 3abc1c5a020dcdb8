// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

// LagTime is how long Clerk may not show a write: a read by id may answer 404 for a user that was just created, and a
// list may show the former state. Clerk documents no limit; public reports mention seconds.
const LagTime = time.Minute

// firstLagRetry and lastLagRetry bound LagRetry.
const (
	firstLagRetry = 2 * time.Second
	lastLagRetry  = LagTime / 6
)

// LagLeft returns for how long, from asked on, an answer may not show the latest of the given writes. It is 0 if the
// answer to a call that began at asked must show it, so that an absence can be believed. Zero times are ignored.
func LagLeft(asked time.Time, written ...time.Time) time.Duration {
	var left time.Duration
	for _, at := range written {
		if !at.IsZero() {
			left = max(left, at.Add(LagTime).Sub(asked))
		}
	}
	return left
}

// LagRetry returns when to read again while LagLeft is left: soon after the write, then less and less often.
func LagRetry(left time.Duration) time.Duration {
	return min(left, max(firstLagRetry, (LagTime-left)/2), lastLagRetry)
}

// Recorded returns the time of a write from a record that people can change. It returns the zero time for a time in the
// future, apart from differences between clocks, because the operator did not write that.
func Recorded(at, now time.Time) time.Time {
	if at.Sub(now) > LagTime {
		return time.Time{}
	}
	return at
}
