// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"sync"
	"time"
)

// Limiter decides when calls to one API instance may be made. Each call needs a token. A Limiter never blocks: a caller
// without a token gets the time of its next attempt, and keeps its seat in the queue until shortly after that time. A
// Limiter has no goroutines. It is safe for concurrent use.
type Limiter struct {
	now func() time.Time

	mu        sync.Mutex
	scheduler scheduler
	users     userLimits
	// userPauses and pauses are those of Report.
	userPauses, pauses int64
}

// New returns a limiter with a full token bucket for a limit in requests per 10 seconds. now returns the current time.
// A limit below 1 counts as 1.
func New(requestsPer10s int, now func() time.Time) *Limiter {
	return &Limiter{now: now, scheduler: newScheduler(requestsPer10s)}
}

// SetRequestsPer10s changes the limit. A limit below 1 counts as 1. Requests keep their seats.
func (l *Limiter) SetRequestsPer10s(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scheduler.setLimit(n, l.now())
}

// Take takes a token for one call. If it returns false, the call must not be made, and the time is that of the next
// attempt.
//
// The credential names the credential of the call, for Forget; it must not be a secret itself. The call counts against
// the limit of the user; "" for none.
func (l *Limiter) Take(caller Caller, credential, user string) (retryAt time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if until, limited := l.users.until(user, now); limited {
		return until, false
	}
	r, retryAt := l.scheduler.claim(caller, credential, now)
	if r == nil {
		return retryAt, false
	}
	l.scheduler.use(r, now)
	return time.Time{}, true
}

// Reserve takes a token like Take and keeps it for the caller's next call. If it returns true, the time is the end of
// the reservation, otherwise the time of the next attempt. The call still waits if its user is limited meanwhile, or if
// the API limits all calls. An unused token does not count.
func (l *Limiter) Reserve(caller Caller, credential string) (at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	r, retryAt := l.scheduler.claim(caller, credential, now)
	if r == nil {
		return retryAt, false
	}
	return l.scheduler.reserve(r, now), true
}

// Throttle records that the API refused a call because of a limit, and how long that lasts. user is the user of the
// call, see Take. It stops calls for that user. For "", or if calls for two users are throttled within a second, it
// stops all calls.
func (l *Limiter) Throttle(user string, lasting time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	until := now.Add(lasting)
	if user != "" && !l.throttleUser(user, now, until) {
		return
	}
	if !l.scheduler.paused(now) {
		l.pauses++
	}
	l.scheduler.pause(until, now)
}

// throttleUser stops calls for a user. It returns true if all calls must be stopped.
func (l *Limiter) throttleUser(user string, now, until time.Time) (all bool) {
	if _, limited := l.users.until(user, now); !limited {
		l.userPauses++
	}
	return l.users.limit(user, now, until)
}

// Forget ends all requests with a credential for which no calls will be made, so that others do not wait for them.
func (l *Limiter) Forget(credential string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scheduler.endAll(credential)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
