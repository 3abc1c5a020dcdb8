// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Presence says what is known about a user.
type Presence int

const (
	// Pending: nothing yet; the follower is told when there is.
	Pending Presence = iota
	// Present: the copy is good.
	Present
	// Doubtful: what is known is not to be acted upon before the user was read by id: a write was answered with a part or
	// not at all, or a list shows something that a write of a moment ago contradicts, or does not show the user.
	Doubtful
	// Absent: Clerk was asked for the user by id and has none.
	Absent
	// MassAbsent: lists do not show the user, nor many others at the same time. More likely something else is wrong.
	MassAbsent
)

// lagTime is how long lists, and reads of new users, may not show what was written.
const lagTime = 60 * time.Second

// entry is one user as last seen.
type entry struct {
	// user is the last copy, also while it is doubtful; nil if there never was one.
	user     *clerk.User
	presence Presence
	// asked is when the call began that brought the copy.
	asked time.Time
	// fence is when our last write to the user was answered, or its answer was lost.
	fence time.Time
	// bound is when an object was last bound to it.
	bound time.Time
	// since is when the user was found to be absent with many others.
	since time.Time
	// wanted is true while the id waits to be read.
	wanted    bool
	followers []string
}

// Wrote records Clerk's answer to a write that held the whole user.
func (m *Mirror) Wrote(user *clerk.User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, now := m.entry(user.ID), m.config.Now()
	e.user, e.presence, e.asked, e.fence = user, Present, now, now
}

// WrotePart records that a write was answered without the whole user, or that its answer was lost: the copy is doubtful
// from now on.
func (m *Mirror) WrotePart(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entry(userID)
	e.presence, e.fence = Doubtful, m.config.Now()
}

// Read records a user that was read by id, by a call that began at asked, and returns the copy that counts from now on. It
// is another one than was read if a later one is known; ok is false if what was read is older than a write of ours and
// nothing better is known.
func (m *Mirror) Read(user *clerk.User, asked time.Time) (copied *clerk.User, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entry(user.ID)
	if e.accepts(user, asked) {
		e.user, e.presence, e.asked = user, Present, asked
	}
	if e.presence != Present {
		return nil, false
	}
	return unlockedIfLapsed(e.user, m.config.Now()), true
}

// NotFound records that Clerk has no user with the id, as it answered to a call that began at asked. It says nothing about
// one that was written to or bound less than a minute before.
func (m *Mirror) NotFound(userID string, asked time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, found := m.users[userID]; found && !e.isNew(asked) {
		e.presence, e.asked = Absent, asked
	}
}

// Forget drops the copy of a user that is gone at Clerk, or about which nothing is known any more.
func (m *Mirror) Forget(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	if !found {
		return
	}
	if len(e.followers) == 0 {
		delete(m.users, userID)
		return
	}
	e.presence, e.fence = Doubtful, m.config.Now()
}

// entry returns what is known about a user; the caller holds the lock.
func (m *Mirror) entry(userID string) *entry {
	e, found := m.users[userID]
	if !found {
		e = &entry{}
		m.users[userID] = e
	}
	return e
}

// accepts reports whether a copy that was asked for then is no older than what is known.
func (e *entry) accepts(user *clerk.User, asked time.Time) bool {
	if asked.Before(e.fence) || asked.Before(e.asked) {
		return false
	}
	return e.user == nil || !user.UpdatedAt.Before(e.user.UpdatedAt)
}

// isNew reports whether Clerk may not show at a time what was written or bound before.
func (e *entry) isNew(at time.Time) bool {
	return at.Sub(e.fence) < lagTime || at.Sub(e.bound) < lagTime
}

// list records a user that a list shows, by a call that began at asked, and returns the followers to be told of it. A
// difference to what we wrote a moment ago makes the copy doubtful.
func (m *Mirror) list(user *clerk.User, asked time.Time) []string {
	e, found := m.users[user.ID]
	if !found || len(e.followers) == 0 || !e.accepts(user, asked) {
		return nil
	}
	same := e.user != nil && e.user.Same(user)
	switch {
	case same && e.presence == Present:
		e.user, e.asked = user, asked
		return nil
	case e.presence == Doubtful && e.user != nil && asked.Sub(e.fence) < lagTime:
		return nil
	case !same && e.user != nil && asked.Sub(e.fence) < lagTime:
		e.presence = Doubtful
	default:
		e.user, e.presence, e.asked, e.wanted = user, Present, asked, false
	}
	return slices.Clone(e.followers)
}
