// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"maps"
	"time"
)

// grace is how long after it was due a reservation is kept for a caller that has not come back yet.
const grace = 5 * time.Second

// reservations are the tickets that callers have been promised, by caller. Those not called for are forgotten.
type reservations struct {
	due   map[string]time.Time
	swept time.Time
}

// find returns when the caller's ticket is due.
func (r *reservations) find(key string, now time.Time) (time.Time, bool) {
	r.sweep(now)
	due, ok := r.due[key]
	if !ok || expired(due, now) {
		return time.Time{}, false
	}
	return due, true
}

func (r *reservations) keep(key string, due time.Time) {
	if r.due == nil {
		r.due = map[string]time.Time{}
	}
	r.due[key] = due
}

func (r *reservations) forget(key string) { delete(r.due, key) }

// forgetBefore forgets what is due before the time given.
func (r *reservations) forgetBefore(at time.Time) {
	maps.DeleteFunc(r.due, func(_ string, due time.Time) bool { return due.Before(at) })
}

// sweep drops what has expired, from time to time.
func (r *reservations) sweep(now time.Time) {
	if now.Sub(r.swept) < grace {
		return
	}
	r.swept = now
	maps.DeleteFunc(r.due, func(_ string, due time.Time) bool { return expired(due, now) })
}

func expired(due, now time.Time) bool { return now.Sub(due) > grace }
