// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Source reads from Clerk. If clerk.Waiting is true for an error, the mirror waits.
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
	// firstRetry is the first delay after a failed read. It doubles up to lastRetry, or up to the interval if that is
	// shorter.
	firstRetry = time.Second
	lastRetry  = time.Minute
	// gather is how long Run waits after it was woken, so that followers that arrive together are read together.
	gather = 50 * time.Millisecond
	// staleFailures is the number of consecutive failures that make a mirror stale, if at least two intervals have passed
	// since the first, or two minutes if those are shorter.
	staleFailures = 3
	// skipAfter is how long one call of a listing fails, while incremental syncs succeed, before the listing continues
	// without it.
	skipAfter = 10 * time.Minute
	// longRest limits a wait, so that the mirror notices a clock that was set forward.
	longRest = time.Minute
)

// schedule is what to do next. It outlives Run, so that another Run continues where the last one stopped.
type schedule struct {
	interval, fullInterval time.Duration
	// incrementalAt and fullAt are the times at which the last incremental and the last full sync began; zero for none.
	incrementalAt, fullAt time.Time
	incremental           incrementalSync
	// counted is true between the count of all users and the full sync that uses it.
	counted bool
	listing *listing
	// otherInstance is true after the key was found to belong to another instance.
	otherInstance bool
	// yielding is true after a call of an incremental sync. The next call is then one of the listing, if there is one. So
	// neither blocks the other when calls are few or fail.
	yielding bool
	// incrementalNow and fullNow are true from SyncNow until such a sync has begun.
	incrementalNow, fullNow bool
	// incrementalRetries and listingRetries are the failures of each kind of read. They do not delay each other.
	incrementalRetries, listingRetries retries
}

// Run keeps the mirror current with reads from source until the context ends. instanceID is the id of the mirror's
// instance. If another Run is still running, it waits for that one to end.
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

// session is the state of one Run.
type session struct {
	*Mirror

	source     Source
	instanceID string
}

// work does the most urgent thing that is due, with at most one call to Clerk. So a call that waits or fails repeats no
// other call. work returns the retries of that kind of read, or nil if nothing was due.
func (s *session) work(ctx context.Context) (tried *retries, err error) {
	plan := &s.schedule
	s.mu.Lock()
	now := s.config.Now()
	underWay := plan.listing != nil
	listingDue := !plan.nextListing().After(now)
	incrementalDue := !plan.incrementalDue().After(now) && !plan.otherInstance
	incrementalNext := incrementalDue && (!plan.yielding || !listingDue)
	s.mu.Unlock()
	plan.yielding = incrementalNext
	switch {
	case incrementalNext:
		return &plan.incrementalRetries, s.readChanged(ctx, now)
	case listingDue && plan.otherInstance:
		return &plan.listingRetries, s.ensureInstance(ctx)
	case listingDue && underWay:
		return &plan.listingRetries, s.continueListing(ctx)
	case listingDue:
		return &plan.listingRetries, s.prepareFullSync(ctx, now)
	case !underWay && !plan.fullAt.IsZero():
		s.load(now)
	}
	return nil, nil
}

// pause returns how long nothing is due, given the error that work returned.
func (s *session) pause(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, plan := s.config.Now(), &s.schedule
	due := plan.nextListing()
	if at := plan.incrementalDue(); at.Before(due) && !plan.otherInstance {
		due = at
	}
	if at, waiting := clerk.Waiting(err); waiting {
		// The rate limiter may have another clock.
		due = later(at, now.Add(gather))
	}
	return min(due.Sub(now), longRest, plan.interval)
}

// nextListing returns when the next call of a listing may be made; zero means at once.
func (p *schedule) nextListing() time.Time {
	if p.listing != nil || p.fullAt.IsZero() || p.fullNow {
		return p.listingRetries.at
	}
	return later(p.fullAt.Add(p.fullInterval), p.listingRetries.at)
}

// never is a time in the far future, in Unix seconds.
const never = 1 << 40

// incrementalDue returns when the next call of an incremental sync may be made; zero means at once.
func (p *schedule) incrementalDue() time.Time {
	switch {
	case p.incremental.page > 0:
		return p.incrementalRetries.at
	case p.incrementalNow && p.incremental.marked && !p.fullAt.IsZero():
		return p.incrementalRetries.at
	case p.incremental.marked && !p.fullAt.IsZero():
		return later(p.incrementalAt.Add(p.interval), p.incrementalRetries.at)
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

// rest waits for the given time or for new work. New work that arrives within gather is done together.
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

// note records a failure or a success. Waiting for a token is neither.
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
	if tried == &plan.listingRetries && tried.failures > 0 && now.Sub(tried.failing) >= skipAfter && plan.incrementalRetries.failures == 0 {
		plan.skipFailing(now)
	}
	s.report.Stale = plan.incrementalRetries.lasting(now, plan.interval) || plan.listingRetries.lasting(now, plan.interval)
	changed, single := was != s.report.Stale, tried.failures == 1
	s.mu.Unlock()
	if changed {
		s.reported()
	}
	if s.config.Read != nil && !single {
		s.config.Read(plan.syncOf(tried), err)
	}
}

// syncOf is the kind of the sync whose failures are recorded there.
func (p *schedule) syncOf(tried *retries) string {
	if tried == &p.incrementalRetries {
		return "incremental sync"
	}
	return "full sync"
}

// skipFailing lets a listing continue without the call that keeps failing while other calls succeed, if possible.
func (p *schedule) skipFailing(now time.Time) {
	c := p.listing
	switch {
	case p.otherInstance:
	case c == nil && !p.counted:
		p.counted = true
	case c == nil && !p.incremental.marked:
		p.incremental.marked, p.incrementalAt = true, now
	case c != nil && c.walking:
		c.walking, c.toAsk = false, c.unlisted()
	}
}

func (m *Mirror) reported() {
	if m.config.Reported != nil {
		m.config.Reported()
	}
}
