// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Class says how urgent a call is.
type Class int

// Classes, least urgent first. The office treats them alike so far.
const (
	// Background: reads that only keep a picture fresh.
	Background Class = iota
	// Drift: putting right what somebody changed at Clerk.
	Drift
	// Person: carrying out a change of a manifest, for which somebody waits.
	Person
)

// Caller says on whose behalf a call is made.
type Caller struct {
	// Key tells callers apart, for instance a Kubernetes object's uid. A reservation is kept for it.
	Key string
	// Class is how urgent its calls are.
	Class Class
}

// OfficeConfig makes an Office.
type OfficeConfig struct {
	// RequestsPer10s is the budget, see Budget. Less than 1 counts as 1.
	RequestsPer10s int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// OnOpen is called after the first call that Clerk answered properly again, where before it refused the key or, for
	// half a minute or longer, answered nothing but 5xx or not at all. It is the time to wake what waits. Nil is nothing.
	OnOpen func()
	// OnUnauthorized is called when Clerk starts to refuse the key. Nil is nothing.
	OnUnauthorized func()
}

// Office is the ticket office of one Clerk instance: every call needs a ticket, and the answers to calls tell the office
// when there are none. It has no goroutines and nobody waits in it. It is safe for concurrent use.
type Office struct {
	now                    func() time.Time
	onOpen, onUnauthorized func()

	mu       sync.Mutex
	limiter  *rate.Limiter
	window   window
	reserved reservations
	lanes    lanes
	refusal  refusal
	// closedUntil is when Clerk's last 429 for the whole instance ends.
	closedUntil time.Time
	// failingSince is when a run of 5xx and missing answers began; zero is none.
	failingSince time.Time
}

// ticket is the permission for one call.
type ticket struct {
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

const (
	// outage is how long nothing but failures have to come for OnOpen to be called after them.
	outage = 30 * time.Second
	// horizon is how far ahead a reservation is made; it bounds their number.
	horizon = 10 * time.Minute
)

// NewOffice returns an open office with a full budget.
func NewOffice(config OfficeConfig) *Office {
	o := &Office{now: orRealTime(config.Now), onOpen: config.OnOpen, onUnauthorized: config.OnUnauthorized}
	o.window.size = max(1, config.RequestsPer10s)
	o.limiter = rate.NewLimiter(pace(o.window.size))
	return o
}

// pace spreads a budget of requests per window: an even flow of nearly all of it, and a burst with which a pass that makes
// several calls goes through at once. Where both together would exceed the budget, the window holds them back.
func pace(budget int) (rate.Limit, int) {
	const sustained, burst = 0.96, 0.1
	return rate.Limit(sustained * float64(budget) / windowLength.Seconds()), max(1, int(burst*float64(budget)))
}

// SetRequestsPer10s changes the budget. Reservations that callers were told of stay as they are.
func (o *Office) SetRequestsPer10s(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = max(1, n)
	if n == o.window.size {
		return
	}
	o.window.size = n
	limit, burst := pace(n)
	if len(o.window.given) == 0 && len(o.reserved.due) == 0 {
		// Nothing was spent, so there is nothing to carry over and the burst is there from the start.
		o.limiter = rate.NewLimiter(limit, burst)
		return
	}
	start := later(o.now(), o.closedUntil)
	o.limiter.SetLimitAt(start, limit)
	o.limiter.SetBurstAt(start, burst)
}

// Take asks for a ticket for one call on behalf of key. Nil is the ticket. A *WaitError says when to come again; the
// ticket is kept for key until shortly after that time. A *ClosedError says that Clerk refuses the instance's key.
func (o *Office) Take(key string, class Class) error {
	_, err := o.take(Caller{Key: key, Class: class}, "")
	return err
}

// Reopen opens an office that Clerk's refusal of the key has closed, and calls OnOpen: for when another key has been seen
// to work. An open office stays as it is.
func (o *Office) Reopen() {
	o.mu.Lock()
	refusing := o.refusal.refusing
	o.refusal = refusal{}
	o.mu.Unlock()
	if refusing && o.onOpen != nil {
		o.onOpen()
	}
}

// take is Take for a call in the lane of a user, "" for a call in none.
func (o *Office) take(caller Caller, lane string) (ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if at, closed := o.refusal.closed(now); closed {
		return ticket{}, &ClosedError{At: at}
	}
	if at, closed := o.lanes.closed(lane, now); closed {
		return ticket{}, &WaitError{At: at}
	}
	if at := o.due(caller.Key, now); at.After(now) {
		return ticket{}, &WaitError{At: at}
	}
	o.reserved.forget(caller.Key)
	o.window.add(now)
	return ticket{lane: lane, probe: o.refusal.probe(now)}, nil
}

// due returns when key may make its next call and reserves that time for it. The limiter is asked about the time at which
// the instance opens again, so that those who wait for that come back one after the other.
func (o *Office) due(key string, now time.Time) time.Time {
	due, held := o.reserved.find(key, now)
	if !held {
		start := later(now, o.closedUntil)
		reservation := o.limiter.ReserveN(start, 1)
		due = start.Add(reservation.DelayFrom(start))
		if due.Sub(now) > horizon {
			reservation.CancelAt(start)
			return now.Add(horizon)
		}
	}
	due = later(due, o.window.free(later(due, now)))
	if due.After(now) {
		o.reserved.keep(key, due)
	}
	return due
}

// settle tells the office how a call ended and wakes whoever that concerns.
func (o *Office) settle(t ticket, result outcome) {
	if wake := o.learn(t, result); wake != nil {
		wake()
	}
}

// learn records an outcome and returns the hook to be called for it, if any.
func (o *Office) learn(t ticket, result outcome) func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	switch {
	case result.status == http.StatusUnauthorized:
		if o.refusal.refused(t, now) {
			return o.onUnauthorized
		}
	case result.status == http.StatusTooManyRequests:
		o.refusal.unclear(t, now)
		o.slow(t, now, now.Add(result.retryAfter))
	case unanswered(result.status):
		o.refusal.unclear(t, now)
		if o.failingSince.IsZero() {
			o.failingSince = now
		}
	default:
		return o.recover(t, now)
	}
	return nil
}

// slow closes what a 429 is about: the lane of one user, or the instance.
func (o *Office) slow(t ticket, now, until time.Time) {
	if t.lane != "" && !o.lanes.close(t.lane, now, until) {
		return
	}
	if until.After(o.closedUntil) {
		o.closedUntil = until
		o.reserved.forgetBefore(until)
	}
}

// recover opens the office after a proper answer and returns the hook to be called if it was closed before.
func (o *Office) recover(t ticket, now time.Time) func() {
	failing := o.failingSince
	o.failingSince = time.Time{}
	opened := o.refusal.open(t)
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
