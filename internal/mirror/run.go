// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Source is what a mirror reads from. Its calls may return errors for which clerk.Waiting is true; the mirror waits then.
type Source interface {
	CountUsers(ctx context.Context) (int64, error)
	UsersByID(ctx context.Context, ids ...string) ([]*clerk.User, error)
	LastUpdated(ctx context.Context, offset, limit int) (clerk.UserPage, error)
	UsersAfter(ctx context.Context, id string, limit int) (clerk.UserPage, error)
	Instance(ctx context.Context) (clerk.Instance, error)
}

const (
	defaultInterval     = time.Minute
	defaultFullInterval = time.Hour
	// firstRetry doubles up to lastRetry, or the interval where that is shorter, while nothing can be read.
	firstRetry = time.Second
	lastRetry  = time.Minute
	// gather is how long Run waits after it was woken, so that followers that come together are read together.
	gather = 50 * time.Millisecond
	// patience is how many failures in a row make a mirror stale, if two intervals, or two minutes where those are shorter,
	// have passed since the first.
	patience = 3
	// stubborn is how long a call of a comparison fails, while tails do not, before the comparison goes on without it.
	stubborn = 10 * time.Minute
	// longRest bounds a rest, so that a clock that was put forward is noticed.
	longRest = time.Minute
)

// schedule says what is to be done next. It outlives Run, so that another Run goes on where the last one stopped.
type schedule struct {
	interval, fullInterval time.Duration
	// tailed and compared are when the last tail and the last full comparison began; zero for none.
	tailed, compared time.Time
	tail             tail
	// counted is true between the count and the full comparison that it is made for.
	counted    bool
	comparison *comparison
	// elsewhere is true after the key was found to lead to another instance.
	elsewhere bool
	// yielding is true after a call of the tail: the next one is the comparison's, if there is one, so that neither can
	// keep the other from Clerk where calls are few or fail.
	yielding bool
	// tailNow and compareNow are true from SyncNow on until such a reading has begun.
	tailNow, compareNow bool
	// tails and comparisons are the failures of either kind of reading, which do not hold each other up.
	tails, comparisons retries
}

// Run keeps the mirror current with what it reads from source, until the context ends. The instance is the one with this
// id. Where another Run is still at work, it waits for that to end.
func (m *Mirror) Run(ctx context.Context, source Source, instanceID string) {
	select {
	case <-ctx.Done():
		return
	case m.running <- struct{}{}:
		defer func() { <-m.running }()
	}
	select {
	case <-ctx.Done():
		return
	case <-m.begun:
	}
	s := &session{Mirror: m, source: source, instanceID: instanceID}
	for ctx.Err() == nil {
		tried, err := s.work(ctx)
		if ctx.Err() != nil {
			return
		}
		if tried != nil {
			s.note(tried, err)
		}
		m.rest(ctx, s.pause(err))
	}
}

// session is what one Run works with.
type session struct {
	*Mirror

	source     Source
	instanceID string
}

// work does the most urgent thing that is due, in one call to Clerk at most, so that a call that has to wait or fails costs
// no other one again. It returns to which kind of reading that belongs, nil if there was nothing to do.
func (s *session) work(ctx context.Context) (tried *retries, err error) {
	plan := &s.schedule
	s.mu.Lock()
	now := s.config.Now()
	comparing := plan.comparison != nil
	compareDue := !plan.comparisonDue().After(now)
	tailDue := !plan.tailDue().After(now) && !plan.elsewhere
	tailNext := tailDue && (!plan.yielding || !compareDue)
	s.mu.Unlock()
	plan.yielding = tailNext
	switch {
	case tailNext:
		return &plan.tails, s.readTail(ctx, now)
	case compareDue && plan.elsewhere:
		return &plan.comparisons, s.ensureInstance(ctx)
	case compareDue && comparing:
		return &plan.comparisons, s.compareOn(ctx)
	case compareDue:
		return &plan.comparisons, s.compareAll(ctx, now)
	case !comparing && !plan.compared.IsZero():
		s.load(now)
	}
	return nil, nil
}

// pause is how long there is nothing to do after work returned an error or none.
func (s *session) pause(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, plan := s.config.Now(), &s.schedule
	due := plan.comparisonDue()
	if at := plan.tailDue(); at.Before(due) && !plan.elsewhere {
		due = at
	}
	if at, waiting := clerk.Waiting(err); waiting {
		// The rate limiter may have another clock.
		due = later(at, now.Add(gather))
	}
	return min(due.Sub(now), longRest, plan.interval)
}

// comparisonDue is when the next call of a comparison may be made; zero is at once.
func (p *schedule) comparisonDue() time.Time {
	if p.comparison != nil || p.compared.IsZero() || p.compareNow {
		return p.comparisons.at
	}
	return later(p.compared.Add(p.fullInterval), p.comparisons.at)
}

// never is a time to come, in Unix seconds, that is late enough.
const never = 1 << 40

// tailDue is when the next call of a tail may be made; zero is at once.
func (p *schedule) tailDue() time.Time {
	switch {
	case p.tail.page > 0:
		return p.tails.at
	case p.tailNow && p.tail.marked && !p.compared.IsZero():
		return p.tails.at
	case p.tail.marked && !p.compared.IsZero():
		return later(p.tailed.Add(p.interval), p.tails.at)
	default:
		return time.Unix(never, 0)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rest waits for the time given, or for something new to do. What comes in while it gathers is done together.
func (m *Mirror) rest(ctx context.Context, pause time.Duration) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-m.wake:
		timer.Reset(min(gather, pause))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// note keeps the record of failures. Having to wait for a token is none.
func (s *session) note(tried *retries, err error) {
	if _, waiting := clerk.Waiting(err); waiting {
		return
	}
	s.mu.Lock()
	was, plan, now := s.report.Stale, &s.schedule, s.config.Now()
	if err == nil {
		*tried = retries{}
	} else {
		tried.failed(now, plan.interval)
	}
	if tried == &plan.comparisons && tried.failures > 0 && now.Sub(tried.failing) >= stubborn && plan.tails.failures == 0 {
		plan.goOn(now)
	}
	s.report.Stale = plan.tails.lasting(now, plan.interval) || plan.comparisons.lasting(now, plan.interval)
	changed := was != s.report.Stale
	s.mu.Unlock()
	if changed {
		s.reported()
	}
}

// goOn makes a comparison do without what keeps failing while other calls do not, if it can.
func (p *schedule) goOn(now time.Time) {
	c := p.comparison
	switch {
	case p.elsewhere:
	case c == nil && !p.counted:
		p.counted = true
	case c == nil && !p.tail.marked:
		p.tail.marked, p.tailed = true, now
	case c != nil && c.walking:
		c.walking, c.toAsk = false, c.unlisted()
	}
}

func (m *Mirror) reported() {
	if m.config.Reported != nil {
		m.config.Reported()
	}
}
