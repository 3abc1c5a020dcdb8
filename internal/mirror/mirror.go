// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Config makes a Mirror. Its hooks are called without any lock held and must not block.
type Config struct {
	// Now tells the time.
	Now func() time.Time
	// Changed is called with the followers of users that are no longer as they were, or that could be read for the first
	// time. Nil is nothing.
	Changed func(followers []string)
	// Compared is called after every full comparison but the first, of which all followers are told anyway: it is the time
	// for what is to be done at full comparisons only. Nil is nothing.
	Compared func()
	// Doubted is called when so many users are missing that the secret key is found to lead to another instance. Nil is
	// nothing.
	Doubted func()
	// Reported is called when a Report differs from the last one in Users or Stale. Nil is nothing.
	Reported func()
}

// Mirror holds the last known copies of users of one Clerk instance. It is safe for concurrent use. The users that go in
// and come out are shared and must not be changed.
type Mirror struct {
	config Config
	// running has an element while Run is at work, which there is one of at a time.
	running chan struct{}
	// begun is closed by the first Follow, and wake has an element while there is something new to do.
	begun     chan struct{}
	beginOnce sync.Once
	wake      chan struct{}

	mu       sync.Mutex
	users    map[string]*entry
	objects  map[string]object
	wanted   []string
	schedule schedule
	report   Report
	// comparedAt is when the last full comparison began that came to its end.
	comparedAt time.Time
}

// Report is what a Mirror tells about itself.
type Report struct {
	// Users is the number of all users of the instance, as counted with the last full comparison; nil before the first.
	Users *int64
	// Stale is true while nothing could be read for three intervals.
	Stale bool
	// Followed is how many users are followed; Pending is how many of them were not read yet.
	Followed, Pending int
	// IncrementalSyncs and FullSyncs are how many were completed; IncrementalSyncOverruns is how many incremental syncs
	// were stopped because more users had changed than one may read.
	IncrementalSyncs, FullSyncs, IncrementalSyncOverruns int64
}

// New returns an empty mirror. It reads nothing before Run.
func New(config Config) *Mirror {
	m := &Mirror{
		config:  config,
		running: make(chan struct{}, 1),
		begun:   make(chan struct{}),
		wake:    make(chan struct{}, 1),
		users:   map[string]*entry{},
		objects: map[string]object{},
	}
	m.schedule.interval, m.schedule.fullInterval = defaultInterval, defaultFullInterval
	return m
}

// SetIntervals says how often to look at what changed and how often to compare everything. They hold from the next look
// on. Before the first call they are a minute and an hour.
func (m *Mirror) SetIntervals(interval, full time.Duration) {
	m.mu.Lock()
	m.schedule.interval, m.schedule.fullInterval = interval, full
	m.mu.Unlock()
	m.kick()
}

// SyncNow makes an incremental sync due at once, whatever the interval, and a full sync too if full is true. While no
// incremental one is possible it makes the full one due alone. Report counts those that have come to their end.
func (m *Mirror) SyncNow(full bool) {
	m.mu.Lock()
	plan := &m.schedule
	plan.tailNow = plan.tail.marked
	plan.compareNow = plan.compareNow || full || !plan.tail.marked
	m.mu.Unlock()
	m.kick()
}

// Report returns how the mirror is.
func (m *Mirror) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.report
	for _, e := range m.users {
		if len(e.followers) == 0 {
			continue
		}
		r.Followed++
		if e.presence == Pending {
			r.Pending++
		}
	}
	return r
}

// kick has Run look for something to do.
func (m *Mirror) kick() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// tell calls Changed with the followers, if there are any.
func (m *Mirror) tell(followers []string) {
	if len(followers) > 0 && m.config.Changed != nil {
		m.config.Changed(followers)
	}
}

// unlockedIfLapsed returns the user as it is at the time now: a lock ends by itself.
func unlockedIfLapsed(user *clerk.User, now time.Time) *clerk.User {
	if !user.Locked || user.LockedUntil.IsZero() || now.Before(user.LockedUntil) {
		return user
	}
	unlocked := *user
	unlocked.Locked, unlocked.LockedUntil = false, time.Time{}
	return &unlocked
}

// packedIfLapsed is unlockedIfLapsed for a user that is packed.
func packedIfLapsed(copied clerk.PackedUser, now time.Time) clerk.PackedUser {
	if copied.LockedUntil.IsZero() || now.Before(copied.LockedUntil) {
		return copied
	}
	return unlockedIfLapsed(copied.Unpack(), now).Pack()
}
