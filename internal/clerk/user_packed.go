// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"time"
)

// PackedUser is a User in a fraction of the memory, for keeping many. Metadata decoded into maps takes ten times the room
// of its text.
type PackedUser struct {
	Unprintable

	// UpdatedAt and LockedUntil are the user's.
	UpdatedAt, LockedUntil time.Time

	text string
}

// plainUser is a User that JSON shows.
type plainUser User

// Pack returns the user packed. The user itself is not kept.
func (u *User) Pack() PackedUser {
	rest := *u
	rest.UpdatedAt, rest.LockedUntil = time.Time{}, time.Time{}
	text, err := json.Marshal((*plainUser)(&rest))
	if err != nil {
		// What was decoded from JSON can be encoded; whatever is not is no copy that anybody could use.
		return PackedUser{}
	}
	return PackedUser{UpdatedAt: u.UpdatedAt, LockedUntil: u.LockedUntil, text: string(text)}
}

// IsZero reports whether nothing is packed.
func (p PackedUser) IsZero() bool { return p.text == "" }

// Unpack returns a new copy of the user that was packed, which the caller may change; nil if nothing was.
func (p PackedUser) Unpack() *User {
	u := &User{}
	if json.Unmarshal([]byte(p.text), (*plainUser)(u)) != nil {
		return nil
	}
	u.UpdatedAt, u.LockedUntil = p.UpdatedAt, p.LockedUntil
	for _, metadata := range []*Metadata{&u.PublicMetadata, &u.PrivateMetadata, &u.UnsafeMetadata} {
		if *metadata == nil {
			*metadata = Metadata{}
		}
	}
	return u
}

// Same reports whether both show the user in the same state. UpdatedAt does not count: Clerk moves it for things that a User
// does not show.
func (p PackedUser) Same(other PackedUser) bool {
	return p.text == other.text && sameLock(p.LockedUntil, other.LockedUntil)
}

// lockReadingSlack is by how much two readings of a lock's end may differ and mean the same: Clerk sends whole seconds
// that are left, and answers are under way for a while.
const lockReadingSlack = 5 * time.Second

// sameLock reports whether two readings of a lock's end mean the same one.
func sameLock(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && a.Sub(b).Abs() <= lockReadingSlack
}
