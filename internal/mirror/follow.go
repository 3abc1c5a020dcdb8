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
	// bound is when the user was put on record as this follower's own; zero if it only follows.
	bound time.Time
}

// Sight is what a mirror shows of a user.
type Sight struct {
	Presence Presence
	// User is the copy; nil unless Present.
	User *clerk.User
	// Lagging is true of a copy that may not show yet what was written less than a minute before it was asked for, by
	// somebody whose answers this mirror did not hear. Where it asks for a change, it is to be read by id first.
	Lagging bool
	// Since is when the user was missed; zero unless MassAbsent.
	Since time.Time
}

// Followed is a user that somebody follows, and what was on record about it before this mirror began.
type Followed struct {
	// UserID is the user's id.
	UserID string
	// Written is when we last wrote to the user, as far as is known; zero if it is not.
	Written time.Time
	// Missing is true if Clerk was asked for the user by id before, and had none.
	Missing bool
}

// Follow has each follower told from now on about its own user, and reads those that are not known yet. Run waits for the
// first call, so that one comparison reads them all; it may be empty. What Bind has put on record stays, since it may be
// newer than what is told here.
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
	m.kick()
}

// Look returns what is known about a user, and has the follower told when that changes.
func (m *Mirror) Look(follower, userID string) Sight {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.follow(follower, userID)
	s := Sight{Presence: e.presence}
	switch e.presence {
	case Present:
		s.User, s.Lagging = e.user(m.config.Now()), e.lagging
	case MassAbsent:
		s.Since = e.since
	case Pending:
		m.kick()
	case Doubtful, Absent:
	}
	return s
}

// Recent returns a copy of a user that a write or a read by id brought, or confirmed, that began at most maxAge ago, and
// false if there is none. Lists do not count, for they lag.
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

// Bind puts on record that a user is the follower's own, so that a pass that works from an older copy of the object knows
// it, too.
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

// BoundTo returns the id of the user on record as the follower's own, and how long it has been; ok is false if there is
// none.
func (m *Mirror) BoundTo(follower string) (userID string, age time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, found := m.objects[follower]
	if !found || o.bound.IsZero() {
		return "", 0, false
	}
	return o.userID, m.config.Now().Sub(o.bound), true
}

// Unbind ends what Bind, Follow and Look began.
func (m *Mirror) Unbind(follower string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unfollow(follower)
}

// follow notes what a follower follows, and that the user is wanted if nothing is known of it; the caller holds the lock.
func (m *Mirror) follow(follower, userID string) *entry {
	e := m.entry(userID)
	if o, found := m.objects[follower]; !found || o.userID != userID {
		m.unfollow(follower)
		if len(e.followers) == 0 && e.presence != Doubtful && clerk.LagLeft(m.config.Now(), e.asked) == 0 {
			// No comparison was about a user whom nobody followed.
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

// unfollow drops what a follower follows; the caller holds the lock. What is known of a user that was written to a moment
// ago stays for a while, because who follows it next would be shown lists that lag.
func (m *Mirror) unfollow(follower string) {
	o, found := m.objects[follower]
	if !found {
		return
	}
	delete(m.objects, follower)
	e := m.users[o.userID]
	e.followers = slices.DeleteFunc(e.followers, func(f string) bool { return f == follower })
	e.owned = e.owned && len(e.followers) > 0
	if len(e.followers) == 0 && !e.isNew(m.config.Now()) {
		delete(m.users, o.userID)
	}
}
