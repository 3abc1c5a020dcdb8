// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Presence is what is known about the existence of a user.
type Presence uint8

const (
	// Pending means that nothing is known yet. The follower is notified when that changes.
	Pending Presence = iota
	// Present means that the copy is valid.
	Present
	// Doubtful means that the user must be read by id before anybody acts on the copy. Either a write was answered in part
	// or not at all, or a list contradicts a recent write, or a list does not show the user.
	Doubtful
	// Absent means that Clerk answered a read by id that it has no such user.
	Absent
	// MassAbsent means that lists show neither the user nor many others, so that another cause is more likely.
	MassAbsent
)

// entry is one user as last seen. There is one for each user, so its small fields stand together.
type entry struct {
	// copy is the last copy, even while it is doubtful; zero if there never was one.
	copy clerk.PackedUser
	// asked is when the last call began whose answer agrees with the copy, or said that there is no such user. confirmed
	// is the same for our own writes and reads by id, without lists, because lists lag.
	asked, confirmed time.Time
	// fence is the time at which our last write to the user was answered, or its answer was lost. A new entry begins with the
	// latest time that a dropped entry of the same user can have had: such an answer may still be under way.
	fence time.Time
	// written is the same as fence, but ignores deletions.
	written time.Time
	// bound is the time at which an object was last bound to the user.
	bound time.Time
	// since is the time at which the user was found to be missing with many others.
	since    time.Time
	presence Presence
	// lagging is true if the copy is from a list that may not show an earlier write yet.
	lagging bool
	// unlisted is true if the last list that should have shown the user did not, and nothing has shown or changed it since.
	unlisted bool
	// owned is true if the user is a follower's own, and not only observed.
	owned bool
	// wanted is true while the id waits to be read.
	wanted    bool
	followers []string
}

// Wrote records Clerk's answer to a write that began at asked, if it holds the whole user. If another write to the user was
// answered meanwhile, the answer need not show that one, so the copy becomes doubtful. Wrote notifies the followers then, if no
// copy was known, or if there are several: a single follower is assumed to be the writer.
func (m *Mirror) Wrote(user *clerk.User, asked time.Time) {
	copied := user.Pack()
	m.mu.Lock()
	e, now := m.entry(user.ID), m.config.Now()
	overlaps := asked.Before(e.fence)
	var notified []string
	if overlaps || len(e.followers) > 1 && e.isNews(copied, now) || !e.known() {
		notified = slices.Clone(e.followers)
	}
	e.fence, e.written, e.unlisted = now, now, false
	if overlaps {
		e.presence = Doubtful
	} else {
		e.copy, e.presence, e.asked, e.confirmed, e.lagging = copied, Present, now, now, false
	}
	m.mu.Unlock()
	m.notify(notified)
}

// WrotePart records a write whose answer did not hold the whole user, or was lost. The copy becomes doubtful.
func (m *Mirror) WrotePart(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, now := m.entry(userID), m.config.Now()
	e.presence, e.fence, e.written, e.unlisted = Doubtful, now, now, false
}

// Read records a user that was read by id in a call that began at asked, and returns the valid copy. That is a later
// one if the mirror knows one. ok is false if the read is older than our last write and no later copy is known.
func (m *Mirror) Read(user *clerk.User, asked time.Time) (known *clerk.User, ok bool) {
	copied := user.Pack()
	m.mu.Lock()
	e, now := m.entry(user.ID), m.config.Now()
	var notified []string
	if !asked.Before(e.confirmed) && e.accepts(copied, asked) {
		if e.isNews(copied, now) {
			notified = slices.Clone(e.followers)
		}
		e.copy, e.presence, e.asked, e.confirmed, e.lagging = copied, Present, later(e.asked, asked), asked, false
		e.unlisted = false
	}
	if e.presence == Present {
		known, ok = e.user(now), true
	}
	m.mu.Unlock()
	m.notify(notified)
	return known, ok
}

// NotFound records that a call that began at asked found no user with the id. It is ignored if the user was written to
// or bound less than a minute before.
func (m *Mirror) NotFound(userID string, asked time.Time) {
	m.mu.Lock()
	var notified []string
	if e, found := m.users[userID]; found && !asked.Before(e.confirmed) && !e.isNew(asked) {
		if e.presence != Absent {
			// From now on listings skip the user.
			notified = slices.Clone(e.followers)
		}
		e.presence, e.asked, e.confirmed = Absent, later(e.asked, asked), asked
	}
	m.mu.Unlock()
	m.notify(notified)
}

// LagLeft returns for how long after asked Clerk may not show a user that this process wrote to or bound; 0 if it must.
// Deletions do not count, because the absence is their purpose.
func (m *Mirror) LagLeft(userID string, asked time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	if !found {
		return 0
	}
	return clerk.LagLeft(asked, e.written, e.bound)
}

// Unlisted reports whether a list that should have shown the user did not. That confirms an answer that there is no
// such user.
func (m *Mirror) Unlisted(userID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.users[userID]
	return found && e.unlisted
}

// Forget makes the copy of a user doubtful that was deleted at Clerk, or about which nothing is known any more. A user that
// nobody follows is kept until a later full sync, because a read that is under way may show it as it was.
func (m *Mirror) Forget(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entry(userID)
	e.presence, e.fence = Doubtful, m.config.Now()
}

// entry returns what is known about a user, or a new entry. A dropped entry of the user had no write or binding in the last
// clerk.LagTime, so a fence at that distance stands in for its fence. The caller holds the lock.
func (m *Mirror) entry(userID string) *entry {
	e, found := m.users[userID]
	if !found {
		e = &entry{fence: m.config.Now().Add(-clerk.LagTime)}
		m.users[userID] = e
	}
	return e
}

// dropUnlessNew drops what is known about a user. What was written or bound less than clerk.LagTime ago is kept, because lists
// that the user's next follower would see may still lag, and because entry relies on it. The caller holds the lock.
func (m *Mirror) dropUnlessNew(userID string) {
	if !m.users[userID].isNew(m.config.Now()) {
		delete(m.users, userID)
	}
}

// accepts reports whether a copy that was requested at asked may be as new as the known one. A lower updated_at shows
// that it is older. The exception is a known copy that is too old for any answer to lag behind it: then Clerk has set
// its clock back.
func (e *entry) accepts(copied clerk.PackedUser, asked time.Time) bool {
	older := !e.copy.IsZero() && copied.UpdatedAt.Before(e.copy.UpdatedAt)
	return !asked.Before(e.fence) && (!older || clerk.LagLeft(asked, e.fence, e.asked) == 0)
}

// user returns the user at the time now, assuming that the last copy is right.
func (e *entry) user(now time.Time) *clerk.User { return unlockedIfLapsed(e.copy.Unpack(), now) }

// known reports whether the followers know a copy.
func (e *entry) known() bool { return e.presence == Present || e.presence == Doubtful }

// isNews reports whether a copy shows something that the followers do not know yet.
func (e *entry) isNews(copied clerk.PackedUser, now time.Time) bool {
	return !e.known() || !e.shows(copied, now)
}

// shows reports whether the last copy equals another one.
func (e *entry) shows(copied clerk.PackedUser, now time.Time) bool {
	return !e.copy.IsZero() && packedIfLapsed(e.copy, now).Same(packedIfLapsed(copied, now))
}

// isNew reports whether Clerk may not yet show at a time what was written or bound before.
func (e *entry) isNew(at time.Time) bool {
	return clerk.LagLeft(at, e.fence, e.bound) > 0
}

// list records a user that a list shows, by a call that began at asked, and returns the followers to notify. A
// difference from our recent write makes the copy doubtful, and so does a user that was absent a moment ago. The caller
// holds the lock.
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
