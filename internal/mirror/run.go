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
	// firstRetry doubles up to the interval while nothing can be read.
	firstRetry = time.Second
	// gather is how long Run waits after it was woken, so that followers that come together are read together.
	gather = 50 * time.Millisecond
	// patience is how many failures in a row make a mirror stale, if two intervals have passed since the first.
	patience = 3
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
	// failures is how many reads in a row have failed since failing; nothing is read before retryAt.
	failures         int
	failing, retryAt time.Time
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
		read, err := s.work(ctx)
		if ctx.Err() != nil {
			return
		}
		if read {
			s.note(err)
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
// no other one again; read is false if there was nothing to do.
func (s *session) work(ctx context.Context) (read bool, err error) {
	plan := &s.schedule
	s.mu.Lock()
	now := s.config.Now()
	wait := now.Before(plan.retryAt)
	comparing := plan.comparison != nil
	fullDue := plan.compared.IsZero() || now.Sub(plan.compared) >= plan.fullInterval
	tailDue := plan.tail.page > 0 || plan.tail.marked && !plan.compared.IsZero() && now.Sub(plan.tailed) >= plan.interval
	tailNext := tailDue && (!plan.yielding || !comparing && !fullDue)
	s.mu.Unlock()
	if wait {
		return false, nil
	}
	if plan.elsewhere {
		return true, s.ensureInstance(ctx)
	}
	plan.yielding = tailNext
	switch {
	case tailNext:
		return true, s.readTail(ctx, now)
	case comparing:
		return true, s.compareOn(ctx)
	case fullDue:
		return true, s.compareAll(ctx, now)
	default:
		s.load(now)
		return false, nil
	}
}

// pause is how long there is nothing to do after work returned an error or none.
func (s *session) pause(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, plan := s.config.Now(), &s.schedule
	due := plan.due()
	if at, waiting := clerk.Waiting(err); waiting {
		// Whoever sells the tickets may have another clock.
		due = later(at, now.Add(gather))
	}
	return min(later(due, plan.retryAt).Sub(now), longRest, plan.interval)
}

// due is when there is something to do next; zero is at once.
func (p *schedule) due() time.Time {
	if p.comparison != nil || p.compared.IsZero() || p.tail.page > 0 {
		return time.Time{}
	}
	due := p.compared.Add(p.fullInterval)
	if next := p.tailed.Add(p.interval); p.tail.marked && next.Before(due) {
		due = next
	}
	return due
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

// note keeps the record of failures. Having to wait for a ticket is none.
func (s *session) note(err error) {
	if _, waiting := clerk.Waiting(err); waiting {
		return
	}
	s.mu.Lock()
	was, plan, now := s.report.Stale, &s.schedule, s.config.Now()
	if err == nil {
		plan.failures, plan.failing, plan.retryAt = 0, time.Time{}, time.Time{}
		s.report.Stale = false
	} else {
		if plan.failures == 0 {
			plan.failing = now
		}
		plan.retryAt = now.Add(min(firstRetry<<min(plan.failures, 16), plan.interval))
		plan.failures++
		s.report.Stale = plan.failures >= patience && now.Sub(plan.failing) >= 2*plan.interval
	}
	changed := was != s.report.Stale
	s.mu.Unlock()
	if changed {
		s.reported()
	}
}

func (m *Mirror) reported() {
	if m.config.Reported != nil {
		m.config.Reported()
	}
}
