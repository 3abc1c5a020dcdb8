// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import "time"

// retries is the record of a kind of reading that fails.
type retries struct {
	// failures is how many calls in a row have failed since failing; none is made before at.
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

// lasting reports whether what fails has failed for so long that people are to know.
func (r *retries) lasting(now time.Time, interval time.Duration) bool {
	return r.failures >= patience && now.Sub(r.failing) >= 2*min(interval, lastRetry)
}
