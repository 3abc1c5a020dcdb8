// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

// LagTime is how long Clerk may not show what was written: a read by id may answer 404 about a user that was just created,
// and a list may show what was there before. Clerk documents no bound; public reports are of seconds.
const LagTime = time.Minute

// firstLagRetry and lastLagRetry bound LagRetry.
const (
	firstLagRetry = 2 * time.Second
	lastLagRetry  = LagTime / 6
)

// LagLeft returns for how long, from asked on, an answer may still not show what was written at the latest of the times
// given: 0 if an answer to a call that began at asked must show it, so that an absence is to be believed. Zero times are no
// writes.
func LagLeft(asked time.Time, written ...time.Time) time.Duration {
	var left time.Duration
	for _, at := range written {
		if !at.IsZero() {
			left = max(left, at.Add(LagTime).Sub(asked))
		}
	}
	return left
}

// LagRetry returns when to ask again while LagLeft is left: soon after the write, and less and less often.
func LagRetry(left time.Duration) time.Duration {
	return min(left, max(firstLagRetry, (LagTime-left)/2), lastLagRetry)
}

// Recorded returns the time of a write that is on record where people can change it. A time that is further ahead of now than
// clocks differ, is no time that the operator wrote: it returns none.
func Recorded(at, now time.Time) time.Time {
	if at.Sub(now) > LagTime {
		return time.Time{}
	}
	return at
}
