// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Config configures a Mirror. Its hooks are called without any lock held and must not block.
type Config struct {
	// Now returns the current time.
	Now func() time.Time
	// Changed is called with the followers of users that have changed, or that were read for the first time. Nil does
	// nothing.
	Changed func(followers []string)
	// FullSynced is called after every full sync except the first, after which all followers are notified anyway. It
	// allows work that is due only at full syncs. Nil does nothing.
	FullSynced func()
	// OtherInstance is called when the mirror finds that the secret key belongs to another instance. It checks this when
	// many users are missing at once. Nil does nothing.
	OtherInstance func()
	// Reported is called when a Report differs from the last one in Users or Stale. Nil does nothing.
	Reported func()
	// Read is called after each call of a sync that did not have to wait, with the kind of the sync and the call's error. It is not
	// called for a single failure: the sync repeats the call within a second or so. Nil does nothing.
	Read func(sync string, err error)
}

// Mirror holds the last known copies of users of one Clerk instance. It is safe for concurrent use. The users that
// callers pass in and receive are shared and must not be changed.
type Mirror struct {
	config Config
	// running has an element while Run runs; only one Run runs at a time.
	running chan struct{}
	// begun is closed by the first Follow. wake has an element while there is new work.
	begun     chan struct{}
	beginOnce sync.Once
	wake      chan struct{}

	mu       sync.Mutex
	users    map[string]*entry
	objects  map[string]object
	wanted   []string
	schedule schedule
	report   Report
}

// Report is the state of a Mirror.
type Report struct {
	// Users is the number of all users of the instance, counted with the last full sync; nil before the first.
	Users *int64
	// Stale is true when nothing could be read for three intervals.
	Stale bool
	// Followed is the number of users that are followed. Pending is the number of those that were not read yet.
	Followed, Pending int
	// IncrementalSyncs and FullSyncs count the completed ones. IncrementalSyncOverruns counts incremental syncs that were
	// stopped because more users had changed than one sync may read.
	IncrementalSyncs, FullSyncs, IncrementalSyncOverruns int64
	// LastIncrementalSync and LastFullSync are when the last completed ones began; zero before the first.
	LastIncrementalSync, LastFullSync time.Time
	// Interval and FullInterval are those of SetIntervals.
	Interval, FullInterval time.Duration
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

// SetIntervals sets the intervals of incremental and full syncs, from the next one on. The defaults are a minute and an
// hour.
func (m *Mirror) SetIntervals(interval, full time.Duration) {
	m.mu.Lock()
	m.schedule.interval, m.schedule.fullInterval = interval, full
	m.mu.Unlock()
	m.signal()
}

// SyncNow makes an incremental sync due at once, and a full sync too if full is true. If no incremental sync is
// possible, only the full one is due. Report counts both when they complete.
func (m *Mirror) SyncNow(full bool) {
	m.mu.Lock()
	plan := &m.schedule
	plan.incrementalNow = plan.incremental.marked
	plan.fullNow = plan.fullNow || full || !plan.incremental.marked
	m.mu.Unlock()
	m.signal()
}

// Report returns the state of the mirror.
func (m *Mirror) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.report
	r.Interval, r.FullInterval = m.schedule.interval, m.schedule.fullInterval
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

// signal makes Run look for work.
func (m *Mirror) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// notify calls Changed if there are followers.
func (m *Mirror) notify(followers []string) {
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
