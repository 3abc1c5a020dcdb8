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
	// OnRecovered is called after the first call that Clerk answered properly again, where before it refused the call's key or,
	// for half a minute or longer, answered nothing but 5xx or not at all. It is the time to wake what waits. Nil is nothing.
	OnRecovered func()
	// OnKeyRefused is called when Clerk starts to refuse a key. Nil is nothing.
	OnKeyRefused func()
}

// RateLimiter is the ticket office of one Clerk instance: every call needs a ticket, and the answers to calls tell the office
// when there are none. It has no goroutines and nobody waits in it. It is safe for concurrent use.
type RateLimiter struct {
	now                    func() time.Time
	onOpen, onUnauthorized func()

	mu       sync.Mutex
	queue    queue
	lanes    lanes
	refusals refusals
	// failingSince is when a run of 5xx and missing answers began; zero is none.
	failingSince time.Time
}

// ticket is the permission for one call.
type ticket struct {
	// secret is the key that the call is made with.
	secret keyID
	// lane is the user whose lane the call takes, "" for none.
	lane string
	// probe is true for a call that finds out whether the key is still refused.
	probe bool
}

// outcome is what the office learns from a call. Status 0 is no answer.
type outcome struct {
	status     int
	retryAfter time.Duration
}

// outage is how long nothing but failures have to come for OnRecovered to be called after them.
const outage = 30 * time.Second

// NewRateLimiter returns an open office with a full budget.
func NewRateLimiter(config RateLimiterConfig) *RateLimiter {
	return &RateLimiter{
		now:            orRealTime(config.Now),
		onOpen:         config.OnRecovered,
		onUnauthorized: config.OnKeyRefused,
		queue:          newQueue(config.RequestsPer10s),
		refusals:       refusals{},
	}
}

// SetRequestsPer10s changes the budget; less than 1 counts as 1. Whoever waits keeps his place.
func (o *RateLimiter) SetRequestsPer10s(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.resize(n, o.now())
}

// Take asks for a ticket for one call that is made with no secret key. Nil is the ticket. A *WaitError says when to come
// again; the caller's place is kept until then, and its ticket until shortly after.
func (o *RateLimiter) Take(caller ratelimit.Caller) error {
	_, err := o.take(caller, "", "")
	return err
}

// take asks for a ticket for a call with the key in the lane of a user, "" for a call in none. Its errors are Take's, and a
// *KeyRefusedError if Clerk refuses the key.
func (o *RateLimiter) take(caller ratelimit.Caller, secret keyID, lane string) (ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	p, err := o.claim(caller, secret, lane, now)
	if err != nil {
		return ticket{}, err
	}
	probe := p.probe || o.refusals.probe(secret, now)
	o.queue.use(p, now)
	return ticket{secret: secret, lane: lane, probe: probe}, nil
}

// ready asks for a ticket as take does, and keeps it for the caller's next call.
func (o *RateLimiter) ready(caller ratelimit.Caller, secret keyID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	p, err := o.claim(caller, secret, "", now)
	if err != nil {
		return err
	}
	o.queue.hold(p, now)
	p.probe = o.refusals.probe(secret, now)
	return nil
}

// claim returns a place whose ticket may be used now.
func (o *RateLimiter) claim(caller ratelimit.Caller, secret keyID, lane string, now time.Time) (*place, error) {
	if at, closed := o.refusals.closed(secret, now); closed && !o.queue.probes(caller.ID, now) {
		return nil, &KeyRefusedError{At: at, Repeated: o.refusals.repeated(secret)}
	}
	if at, closed := o.lanes.closed(lane, now); closed {
		return nil, &WaitError{At: at}
	}
	p, at := o.queue.claim(caller, secret, now)
	if p == nil {
		return nil, &WaitError{At: at}
	}
	return p, nil
}

// hasten has the next call with a refused key be its probe at once, see refusals.hasten. It reports whether the key is
// refused.
func (o *RateLimiter) hasten(secret keyID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refusals.hasten(secret, o.now())
}

// settle tells the office how a call ended and wakes whoever that concerns.
func (o *RateLimiter) settle(t ticket, result outcome) {
	if wake := o.learn(t, result); wake != nil {
		wake()
	}
}

// learn records an outcome and returns the hook to be called for it, if any.
func (o *RateLimiter) learn(t ticket, result outcome) func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	switch {
	case result.status == http.StatusUnauthorized:
		if o.refusals.refuse(t, now) {
			o.queue.leaveAll(t.secret)
			return o.onUnauthorized
		}
	case result.status == http.StatusTooManyRequests:
		o.refusals.unclear(t, now)
		o.slow(t, now, now.Add(result.retryAfter))
	case unanswered(result.status):
		o.refusals.unclear(t, now)
		if o.failingSince.IsZero() {
			o.failingSince = now
		}
	default:
		return o.recover(t, now)
	}
	return nil
}

// slow closes what a 429 is about: the lane of one user, or the instance.
func (o *RateLimiter) slow(t ticket, now, until time.Time) {
	if t.lane != "" && !o.lanes.close(t.lane, now, until) {
		return
	}
	o.queue.close(until, now)
}

// recover opens the office after a proper answer and returns the hook to be called if it was closed before.
func (o *RateLimiter) recover(t ticket, now time.Time) func() {
	failing := o.failingSince
	o.failingSince = time.Time{}
	opened := o.refusals.accept(t, now)
	if opened || !failing.IsZero() && now.Sub(failing) >= outage {
		return o.onOpen
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
