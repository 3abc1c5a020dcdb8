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
	// Pending means nothing yet; the follower is told when there is.
	Pending Presence = iota
	// Present means that the copy is good.
	Present
	// Doubtful means that what is known is not to be acted upon before the user was read by id: a write was answered with a
	// part or not at all, or a list shows something that a write of a moment ago contradicts, or does not show the user.
	Doubtful
	// Absent means that Clerk was asked for the user by id and has none.
	Absent
	// MassAbsent means that lists do not show the user, nor many others at the same time. More likely something else is wrong.
	MassAbsent
)

// entry is one user as last seen.
type entry struct {
	// copy is the last one, also while it is doubtful; zero if there never was one.
	copy     clerk.PackedUser
	presence Presence
	// asked is when the last call began whose answer agrees with the copy, or said that there is no such user. confirmed is
	// the same of our own writes and reads by id, leaving out lists, since those may show what was a while ago.
	asked, confirmed time.Time
	// fence is when our last write to the user was answered, or its answer was lost.
	fence time.Time
	// written is when our last write that was no deletion was answered, or its answer was lost.
	written time.Time
	// bound is when an object was last bound to it.
	bound time.Time
	// since is when the user was found to be absent with many others.
	since time.Time
	// lagging is true of a copy from a list that may not show yet what was written before the list was asked for.
	lagging bool
	// unlisted is true if the last list that was to show the user did not, and it was not seen since.
	unlisted bool
	// owned is true if the user is some follower's own, and not only looked at.
	owned bool
	// wanted is true while the id waits to be read.
	wanted    bool
	followers []string
}

// Wrote records Clerk's answer to a write that held the whole user. Other followers are told; who follows a user alone is
// taken to have written.
func (m *Mirror) Wrote(user *clerk.User) {
	copied := user.Pack()
	m.mu.Lock()
	e, now := m.entry(user.ID), m.config.Now()
	var told []string
	if len(e.followers) > 1 && e.isNews(copied, now) || !e.known() {
		told = slices.Clone(e.followers)
	}
	e.copy, e.presence, e.asked, e.confirmed, e.lagging = copied, Present, now, now, false
	e.fence, e.written, e.unlisted = now, now, false
	m.mu.Unlock()
	m.tell(told)
}

// WrotePart records that a write was answered without the whole user, or that its answer was lost: the copy is doubtful
// from now on.
func (m *Mirror) WrotePart(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, now := m.entry(userID), m.config.Now()
	e.presence, e.fence, e.written = Doubtful, now, now
}

// Read records a user that was read by id, by a call that began at asked, and returns the copy that counts from now on. It
// is another one than was read if a later one is known; ok is false if what was read is older than a write of ours and
// nothing better is known.
func (m *Mirror) Read(user *clerk.User, asked time.Time) (known *clerk.User, ok bool) {
	copied := user.Pack()
	m.mu.Lock()
	e, now := m.entry(user.ID), m.config.Now()
	var told []string
	if !asked.Before(e.confirmed) && e.accepts(copied, asked) {
		if e.isNews(copied, now) {
			told = slices.Clone(e.followers)
		}
		e.copy, e.presence, e.asked, e.confirmed, e.lagging = copied, Present, later(e.asked, asked), asked, false
		e.unlisted = false
	}
	if e.presence == Present {
		known, ok = e.user(now), true
	}
	m.mu.Unlock()
	m.tell(told)
	return known, ok
}

// NotFound records that Clerk has no user with the id, as it answered to a call that began at asked. It says nothing about
// one that was written to or bound less than a minute before.
func (m *Mirror) NotFound(userID string, asked time.Time) {
	m.mu.Lock()
	var told []string
	if e, found := m.users[userID]; found && !asked.Before(e.confirmed) && !e.isNew(asked) {
		if e.presence != Absent {
			// Comparisons pass over it from now on.
			told = slices.Clone(e.followers)
		}
		e.presence, e.asked, e.confirmed = Absent, later(e.asked, asked), asked
	}
	m.mu.Unlock()
	m.tell(told)
}

// LagLeft returns for how long after asked Clerk may not show a user that this process wrote to or bound; 0 if it must. A
// deletion does not count, since that the user is absent is what it is for.
func (m *Mirror) LagLeft(userID string, asked time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	if !found {
		return 0
	}
	return clerk.LagLeft(asked, e.written, e.bound)
}

// Unlisted reports whether a list that was to show a user did not, which confirms an answer that there is no such user.
func (m *Mirror) Unlisted(userID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	return found && e.unlisted
}

// Forget makes the copy of a user doubtful that is gone at Clerk, or about which nothing is known any more. Where nobody
// follows it, it is dropped.
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

// accepts reports whether a copy that was asked for then may be no older than what is known. A lower updated_at shows that
// it is, unless what is known is from so long ago that no answer lags behind it: then Clerk has set its clock back.
func (e *entry) accepts(copied clerk.PackedUser, asked time.Time) bool {
	older := !e.copy.IsZero() && copied.UpdatedAt.Before(e.copy.UpdatedAt)
	return !asked.Before(e.fence) && (!older || clerk.LagLeft(asked, e.fence, e.asked) == 0)
}

// user returns the user as it is at the time now, if the last copy is right.
func (e *entry) user(now time.Time) *clerk.User { return unlockedIfLapsed(e.copy.Unpack(), now) }

// known reports whether the followers know of a copy.
func (e *entry) known() bool { return e.presence == Present || e.presence == Doubtful }

// isNews reports whether a copy shows what the followers do not know yet.
func (e *entry) isNews(copied clerk.PackedUser, now time.Time) bool {
	return !e.known() || !e.shows(copied, now)
}

// shows reports whether the last copy is the same as another one.
func (e *entry) shows(copied clerk.PackedUser, now time.Time) bool {
	return !e.copy.IsZero() && packedIfLapsed(e.copy, now).Same(packedIfLapsed(copied, now))
}

// isNew reports whether Clerk may not show at a time what was written or bound before.
func (e *entry) isNew(at time.Time) bool {
	return clerk.LagLeft(at, e.fence, e.bound) > 0
}

// list records a user that a list shows, by a call that began at asked, and returns the followers to be told of it. A
// difference to what we wrote a moment ago makes the copy doubtful, as does one that was gone a moment ago. The caller holds
// the lock.
func (m *Mirror) list(userID string, copied clerk.PackedUser, asked time.Time) []string {
	e, found := m.users[userID]
	if found {
		e.unlisted = false
	}
	if !found || asked.Before(e.asked) || !e.accepts(copied, asked) {
		return nil
	}
	same, mayLag := e.shows(copied, m.config.Now()), clerk.LagLeft(asked, e.fence) > 0
	switch {
	case same && e.presence == Present:
		e.copy.UpdatedAt, e.asked, e.lagging = copied.UpdatedAt, asked, e.lagging && mayLag
		return nil
	case e.presence == Doubtful && mayLag:
		return nil
	case e.presence == Pending && e.copy.IsZero():
		e.copy, e.presence, e.asked, e.lagging = copied, Present, asked, mayLag
	case !same && mayLag, e.presence == Absent && clerk.LagLeft(asked, e.confirmed) > 0:
		e.presence = Doubtful
	default:
		e.copy, e.presence, e.asked, e.lagging = copied, Present, asked, false
	}
	return e.followers
}
