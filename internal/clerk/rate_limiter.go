// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// RateLimiterConfig makes a RateLimiter.
type RateLimiterConfig struct {
	// RequestsPer10s is the budget, see Budget. Less than 1 counts as 1.
	RequestsPer10s int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// OnRecovered is called after the first proper answer of Clerk's that ends a refusal of the call's key, or half a minute
	// or more of nothing but 5xx and missing answers. It is the time to wake what waits. Nil is nothing.
	OnRecovered func()
	// OnKeyRefused is called when Clerk starts to refuse a key. Nil is nothing.
	OnKeyRefused func()
}

// RateLimiter decides when calls to one Clerk instance may be made: as its budget and Clerk's limits allow, and with a key
// that Clerk refuses only one now and then. The answers to calls tell it what Clerk limits and refuses. It has no goroutines,
// and nobody waits in it. It is safe for concurrent use.
type RateLimiter struct {
	now                       func() time.Time
	onRecovered, onKeyRefused func()
	limiter                   *ratelimit.Limiter

	mu      sync.Mutex
	refused refusedKeys
	// failingSince is when a run of 5xx and missing answers began; zero is none.
	failingSince time.Time
}

// token is the permission for one call.
type token struct {
	// key is what the call is made with.
	key keyID
	// user is whose own limit the call counts against, see limitedUser.
	user string
	// probe is true for a call that finds out whether the key is still refused.
	probe bool
}

// outcome is what the rate limiter learns from a call. Status 0 is no answer.
type outcome struct {
	status     int
	retryAfter time.Duration
}

// outage is how long nothing but failures have to come for OnRecovered to be called after them.
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

// SetRequestsPer10s changes the budget; less than 1 counts as 1. Callers that wait keep their seats.
func (l *RateLimiter) SetRequestsPer10s(n int) { l.limiter.SetRequestsPer10s(n) }

// take takes a token for a call with the key that counts against the limit of a user, "" for nobody's. Its errors are a
// *WaitError, which says when to ask again, and a *KeyRefusedError.
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

// reserve asks for a token as take does, and keeps it for the caller's next call.
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

// hasten lets the next call with a refused key be its probe at once, see refusedKeys.hasten. It reports whether the key is
// refused.
func (l *RateLimiter) hasten(key keyID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused.hasten(key, l.now())
}

// settle tells the rate limiter how a call ended, and calls the hook for that, if any.
func (l *RateLimiter) settle(t token, result outcome) {
	if hook := l.learn(t, result); hook != nil {
		hook()
	}
}

// learn records an outcome and returns the hook for it, if any.
func (l *RateLimiter) learn(t token, result outcome) func() {
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

// recover records a proper answer and returns the hook if it ends a refusal or an outage.
func (l *RateLimiter) recover(t token, now time.Time) func() {
	failing := l.failingSince
	l.failingSince = time.Time{}
	accepted := l.refused.accept(t, now)
	if accepted || !failing.IsZero() && now.Sub(failing) >= outage {
		return l.onRecovered
	}
	return nil
}
