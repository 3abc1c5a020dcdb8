// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Mirror holds the last known copies of the users of one Clerk instance. It is safe for concurrent use. The users that
// go in and come out are shared and must not be changed.
type Mirror struct {
	now func() time.Time

	mu    sync.Mutex
	users map[string]entry
	bound map[string]binding
}

// entry is one user as last seen.
type entry struct {
	user *clerk.User
	// asked is when the call began that brought this copy; zero forces a new read.
	asked time.Time
	// fence is when our last write to the user was answered.
	fence time.Time
}

// binding says which user an object was bound to, and when.
type binding struct {
	userID string
	at     time.Time
}

// New returns an empty mirror that tells the time with now.
func New(now func() time.Time) *Mirror {
	return &Mirror{now: now, users: map[string]entry{}, bound: map[string]binding{}}
}

// Wrote records Clerk's answer to a write that held the whole user.
func (m *Mirror) Wrote(user *clerk.User) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.users[user.ID] = entry{user: user, asked: now, fence: now}
}

// WrotePart records that a write was answered without the whole user: the copy is from now on too old for any reader.
func (m *Mirror) WrotePart(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.users[userID]
	e.asked, e.fence = time.Time{}, m.now()
	m.users[userID] = e
}

// Read records a user that was read by a call that began at asked. It is dropped if a write was answered since.
func (m *Mirror) Read(user *clerk.User, asked time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.users[user.ID]
	if asked.Before(e.fence) || asked.Before(e.asked) {
		return
	}
	m.users[user.ID] = entry{user: user, asked: asked, fence: e.fence}
}

// Recent returns the copy of a user that is at most maxAge old, and false if there is none. A lock that has lapsed
// meanwhile reads as none.
func (m *Mirror) Recent(userID string, maxAge time.Duration) (*clerk.User, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	now := m.now()
	if !found || e.user == nil || e.asked.IsZero() || now.Sub(e.asked) > maxAge {
		return nil, false
	}
	return unlockedIfLapsed(e.user, now), true
}

func unlockedIfLapsed(user *clerk.User, now time.Time) *clerk.User {
	if !user.Locked || user.LockedUntil.IsZero() || now.Before(user.LockedUntil) {
		return user
	}
	unlocked := *user
	unlocked.Locked, unlocked.LockedUntil = false, time.Time{}
	return &unlocked
}

// Forget drops the copy of a user that is gone at Clerk or no longer of interest.
func (m *Mirror) Forget(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.users, userID)
}

// Bind records that the object with this uid manages a user, so that a pass that works from an older copy of the object
// knows it too.
func (m *Mirror) Bind(uid, userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bound[uid].userID != userID {
		m.bound[uid] = binding{userID: userID, at: m.now()}
	}
}

// Unbind forgets what Bind recorded.
func (m *Mirror) Unbind(uid string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.users, m.bound[uid].userID)
	delete(m.bound, uid)
}

// BoundTo returns the user id on record for an object, and how long ago it was bound; ok is false if there is none.
func (m *Mirror) BoundTo(uid string) (userID string, age time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bound[uid]
	return b.userID, m.now().Sub(b.at), ok
}
