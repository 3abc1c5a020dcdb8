// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// RateLimiterConfig configures a RateLimiter.
type RateLimiterConfig struct {
	// RequestsPer10s is the budget; see Budget. Values below 1 count as 1.
	RequestsPer10s int
	// Now returns the current time. The default is time.Now.
	Now func() time.Time
	// OnRecovered is called after the first valid answer of Clerk that ends a refusal of the call's key, or that ends an
	// outage: half a minute or more with nothing but 5xx and missing answers. Waiting work can then be retried. Nil does
	// nothing.
	OnRecovered func()
	// OnKeyRefused is called when Clerk begins to refuse a key. Nil does nothing.
	OnKeyRefused func()
}

// RateLimiter decides when calls to one Clerk instance may be made. It follows the budget and Clerk's limits, and
// allows only an occasional probe with a key that Clerk refuses. It learns from the answers what Clerk limits and
// refuses. It has no goroutines and never blocks. It is safe for concurrent use.
type RateLimiter struct {
	now                       func() time.Time
	onRecovered, onKeyRefused func()
	limiter                   *ratelimit.Limiter

	mu      sync.Mutex
	refused refusedKeys
	// failingSince is when a series of 5xx and missing answers began; zero if there is none.
	failingSince time.Time
}

// token is the permission for one call.
type token struct {
	// key is the key of the call.
	key keyID
	// user is the user whose limit the call counts against; see limitedUser.
	user string
	// probe is true for a call that checks whether the key is still refused.
	probe bool
}

// outcome is the result of a call. Status 0 means that there was no answer.
type outcome struct {
	status     int
	retryAfter time.Duration
}

// outage is the minimum length of a series of failures after which a success calls OnRecovered.
const outage = 30 * time.Second

// NewRateLimiter returns a rate limiter with a full budget.
func NewRateLimiter(config RateLimiterConfig) *RateLimiter {
	now := orRealTime(config.Now)
	return &RateLimiter{
		now:          now,
		onRecovered:  config.OnRecovered,
		onKeyRefused: config.OnKeyRefused,
		limiter:      ratelimit.New(config.RequestsPer10s, now),
		refused:      refusedKeys{},
	}
}

// SetRequestsPer10s changes the budget; values below 1 count as 1. Waiting callers keep their seats.
func (l *RateLimiter) SetRequestsPer10s(n int) { l.limiter.SetRequestsPer10s(n) }

// Report returns the state of the limits, and changes none.
func (l *RateLimiter) Report() ratelimit.Report { return l.limiter.Report() }

// take takes a token for a call with the key. The call counts against the limit of a user; "" for none. The error is a
// *WaitError, which says when to try again, or a *KeyRefusedError.
func (l *RateLimiter) take(caller ratelimit.Caller, key keyID, user string) (token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if err := l.refused.admit(key, caller.ID, now); err != nil {
		return token{}, err
	}
	if retryAt, ok := l.limiter.Take(caller, string(key), user); !ok {
		return token{}, &WaitError{At: retryAt}
	}
	return token{key: key, user: user, probe: l.refused.probe(key, now)}, nil
}

// reserve takes a token like take and keeps it for the caller's next call.
func (l *RateLimiter) reserve(caller ratelimit.Caller, key keyID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if err := l.refused.admit(key, caller.ID, now); err != nil {
		return err
	}
	at, ok := l.limiter.Reserve(caller, string(key))
	if !ok {
		return &WaitError{At: at}
	}
	l.refused.reserveProbe(key, caller.ID, now, at)
	return nil
}

// probeNow makes the next call with a refused key its probe at once; see refusedKeys.probeNow. It reports whether the
// key is refused.
func (l *RateLimiter) probeNow(key keyID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused.probeNow(key, l.now())
}

// callEnded records how a call ended, and calls the hook for that, if any.
func (l *RateLimiter) callEnded(t token, result outcome) {
	if hook := l.record(t, result); hook != nil {
		hook()
	}
}

// record records an outcome and returns the hook for it, if any.
func (l *RateLimiter) record(t token, result outcome) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	switch {
	case result.status == http.StatusUnauthorized:
		if l.refused.refuse(t, now) {
			l.limiter.Forget(string(t.key))
			return l.onKeyRefused
		}
	case result.status == http.StatusTooManyRequests:
		l.refused.postpone(t, now)
		l.limiter.Throttle(t.user, result.retryAfter)
	case unanswered(result.status):
		l.refused.postpone(t, now)
		if l.failingSince.IsZero() {
			l.failingSince = now
		}
	default:
		return l.recover(t, now)
	}
	return nil
}

// recover records a valid answer, and returns the hook if it ends a refusal or an outage.
func (l *RateLimiter) recover(t token, now time.Time) func() {
	failing := l.failingSince
	l.failingSince = time.Time{}
	accepted := l.refused.accept(t, now)
	if accepted || !failing.IsZero() && now.Sub(failing) >= outage {
		return l.onRecovered
	}
	return nil
}
