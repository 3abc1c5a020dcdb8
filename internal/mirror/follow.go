// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// object is a follower and what it follows.
type object struct {
	userID string
	// bound is the time at which the user was recorded as this follower's own; zero if the follower only observes it.
	bound time.Time
}

// View is what a mirror knows about a user.
type View struct {
	Presence Presence
	// User is the copy; nil unless Present.
	User *clerk.User
	// Lagging is true if the copy may not show a write of the minute before it was requested, by somebody whose answers
	// this mirror did not receive. Before a change is made because of such a copy, the user is read by id.
	Lagging bool
	// Since is the time at which the user was first missing; zero unless MassAbsent.
	Since time.Time
}

// Followed is a user that somebody follows, with what was recorded about it before this mirror existed.
type Followed struct {
	// UserID is the user's id.
	UserID string
	// Written is the time of our last known write to the user; zero if none is known.
	Written time.Time
	// Missing is true if Clerk already answered a read by id that it has no such user.
	Missing bool
}

// Follow registers each follower for notifications about its user, and requests the users that are not known yet. Run
// waits for the first call, so that one listing reads them all; the map may be empty. A record of Bind is kept, since
// it may be newer than the map.
func (m *Mirror) Follow(followed map[string]Followed) {
	m.mu.Lock()
	for follower, f := range followed {
		if !m.objects[follower].bound.IsZero() {
			continue
		}
		e := m.follow(follower, f.UserID)
		e.owned, e.fence, e.written = true, later(e.fence, f.Written), later(e.written, f.Written)
		if f.Missing && e.presence == Pending {
			e.presence, e.wanted = Absent, false
		}
	}
	m.mu.Unlock()
	m.beginOnce.Do(func() { close(m.begun) })
	m.signal()
}

// Look returns what is known about a user, and registers the follower for notifications.
func (m *Mirror) Look(follower, userID string) View {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.follow(follower, userID)
	s := View{Presence: e.presence}
	switch e.presence {
	case Present:
		s.User, s.Lagging = e.user(m.config.Now()), e.lagging
	case MassAbsent:
		s.Since = e.since
	case Pending:
		m.signal()
	case Doubtful, Absent:
	}
	return s
}

// Recent returns the copy of a user if a write or a read by id confirmed it that began at most maxAge ago, and false
// otherwise. Lists do not count, because they lag.
func (m *Mirror) Recent(userID string, maxAge time.Duration) (*clerk.User, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	now := m.config.Now()
	if !found || e.presence != Present || now.Sub(e.confirmed) > maxAge {
		return nil, false
	}
	return e.user(now), true
}

// Bind records that a user is the follower's own, so that a reconciliation with an outdated copy of the object knows it
// too.
func (m *Mirror) Bind(follower, userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.objects[follower]; o.userID == userID && !o.bound.IsZero() {
		return
	}
	now := m.config.Now()
	e := m.follow(follower, userID)
	e.bound, e.owned = now, true
	m.objects[follower] = object{userID: userID, bound: now}
}

// BoundTo returns the id of the user that is recorded as the follower's own, and the age of that record. ok is false if
// there is none.
func (m *Mirror) BoundTo(follower string) (userID string, age time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, found := m.objects[follower]
	if !found || o.bound.IsZero() {
		return "", 0, false
	}
	return o.userID, m.config.Now().Sub(o.bound), true
}

// Unbind removes what Bind, Follow and Look recorded.
func (m *Mirror) Unbind(follower string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unfollow(follower)
}

// follow records what a follower follows, and requests the user if nothing is known about it. The caller holds the
// lock.
func (m *Mirror) follow(follower, userID string) *entry {
	e := m.entry(userID)
	if o, found := m.objects[follower]; !found || o.userID != userID {
		m.unfollow(follower)
		if len(e.followers) == 0 && e.presence != Doubtful && clerk.LagLeft(m.config.Now(), e.asked) == 0 {
			// Nobody followed the user, so no listing has covered it.
			e.presence = Pending
		}
		m.objects[follower] = object{userID: userID}
		e.followers = append(e.followers, follower)
	}
	if e.presence == Pending && !e.wanted {
		e.wanted = true
		m.wanted = append(m.wanted, userID)
	}
	return e
}

// unfollow removes what a follower follows, and drops a user without followers. The caller holds the lock.
func (m *Mirror) unfollow(follower string) {
	o, found := m.objects[follower]
	if !found {
		return
	}
	delete(m.objects, follower)
	e := m.users[o.userID]
	e.followers = slices.DeleteFunc(e.followers, func(f string) bool { return f == follower })
	e.owned = e.owned && len(e.followers) > 0
	if len(e.followers) == 0 {
		m.dropUnlessNew(o.userID)
	}
}
