// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"reflect"
	"time"
)

// lockReadingSlack is by how much two readings of a lock's end may differ and mean the same: Clerk sends whole seconds
// that are left, and answers are under way for a while.
const lockReadingSlack = 5 * time.Second

// Same reports whether two readings show the user in the same state. UpdatedAt does not count: Clerk moves it for things
// that a User does not show.
func (u *User) Same(other *User) bool {
	if u.LockedUntil.IsZero() != other.LockedUntil.IsZero() || u.LockedUntil.Sub(other.LockedUntil).Abs() > lockReadingSlack {
		return false
	}
	a, b := *u, *other
	a.UpdatedAt, a.LockedUntil, b.UpdatedAt, b.LockedUntil = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return reflect.DeepEqual(&a, &b)
}
