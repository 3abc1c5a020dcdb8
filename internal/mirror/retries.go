// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import "time"

// retries records consecutive failures of one kind of read.
type retries struct {
	// failures is the number of consecutive failures since failing. No call is made before at.
	failures    int
	failing, at time.Time
}

func (r *retries) failed(now time.Time, interval time.Duration) {
	if r.failures == 0 {
		r.failing = now
	}
	r.at = now.Add(min(firstRetry<<min(r.failures, 16), lastRetry, interval))
	r.failures++
}

// lasting reports whether the failures last so long that the mirror is stale.
func (r *retries) lasting(now time.Time, interval time.Duration) bool {
	return r.failures >= staleFailures && now.Sub(r.failing) >= 2*min(interval, lastRetry)
}
