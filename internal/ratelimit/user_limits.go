// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"maps"
	"time"
)

// userLimits are the users whose calls the API limits separately, beside its limit for all calls.
type userLimits struct {
	limitedUntil map[string]time.Time
	// all is when the last of the limits ends.
	all time.Time
	// last is the last limited user, limited at lastAt.
	last   string
	lastAt time.Time
}

// together is the time between limits of two users' calls within which they mean the limit for all calls.
const together = time.Second

// until returns the end of the limit for a user's calls, if they are limited. The user "" never is.
func (l *userLimits) until(user string, now time.Time) (time.Time, bool) {
	if !l.all.After(now) {
		l.limitedUntil = nil
	}
	until, found := l.limitedUntil[user]
	return until, found && until.After(now)
}

// limit records that calls for a user are limited. It returns true if calls for another user were limited a moment
// before: then the limit is the one for all calls.
func (l *userLimits) limit(user string, now, until time.Time) bool {
	many := l.last != "" && l.last != user && now.Sub(l.lastAt) <= together
	l.last, l.lastAt = user, now
	if l.limitedUntil == nil {
		l.limitedUntil = map[string]time.Time{}
	}
	maps.DeleteFunc(l.limitedUntil, func(_ string, until time.Time) bool { return !until.After(now) })
	l.limitedUntil[user] = later(until, l.limitedUntil[user])
	l.all = later(l.all, until)
	return many
}
