// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"time"
)

// PackedUser is a User that needs a fraction of the memory, to keep many. Metadata decoded into maps takes ten times
// the memory of its text.
type PackedUser struct {
	Unprintable

	// UpdatedAt and LockedUntil are the user's fields.
	UpdatedAt, LockedUntil time.Time

	text string
}

// plainUser is a User that encoding/json encodes field by field.
type plainUser User

// Pack returns the user packed. It keeps no reference to the user.
func (u *User) Pack() PackedUser {
	rest := *u
	rest.UpdatedAt, rest.LockedUntil = time.Time{}, time.Time{}
	text, err := json.Marshal((*plainUser)(&rest))
	if err != nil {
		// Decoded JSON can always be encoded again; a copy of anything else would be useless.
		return PackedUser{}
	}
	return PackedUser{UpdatedAt: u.UpdatedAt, LockedUntil: u.LockedUntil, text: string(text)}
}

// IsZero reports whether nothing is packed.
func (p PackedUser) IsZero() bool { return p.text == "" }

// Unpack returns a new copy of the packed user, which the caller may change; nil if there is none.
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

// Same reports whether both show the user in the same state. UpdatedAt does not count, because Clerk also moves it for
// changes that a User does not show.
func (p PackedUser) Same(other PackedUser) bool {
	return p.text == other.text && sameLock(p.LockedUntil, other.LockedUntil)
}

// lockReadingSlack is the maximum difference between two reads of the same end of a lock. Clerk sends the seconds that
// are left, and answers take time.
const lockReadingSlack = 5 * time.Second

// sameLock reports whether two reads of a lock's end mean the same one.
func sameLock(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && a.Sub(b).Abs() <= lockReadingSlack
}
