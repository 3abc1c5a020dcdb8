// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// planProfile returns the differences in profile and permissions.
func (d *Desired) planProfile(u *clerk.User) clerk.UpdateUserParams {
	var p clerk.UpdateUserParams
	for _, field := range plainFields {
		field.update(&d.plain, u, &p)
	}
	d.planPassword(u, &p)
	return p
}

// differing returns the desired value if it is set and differs from Clerk's; otherwise nil.
func differing[T comparable](want *T, have T) *T {
	if want == nil || *want == have {
		return nil
	}
	return new(*want)
}

// planUsername returns the username to send; nil if it matches. The last way to sign in is not removed.
func (d *Desired) planUsername(u *clerk.User, p Policy, signInWays *int) (*string, []InvalidError) {
	name := differing(d.username, foldUsername(u.Username))
	switch {
	case name == nil, p.blocksField(FieldUsername), p.grantsNothing && *name != "":
		return nil, nil
	case *name == "" && *signInWays < 2:
		return nil, []InvalidError{lastSignInWay(FieldUsername)}
	case *name == "":
		*signInWays--
	case u.Username == "":
		*signInWays++
	}
	return name, nil
}

// sameLanguage compares language tags. Case does not matter in them (RFC 5646, 2.1.1), and Clerk may normalize it.
func sameLanguage(a, b string) bool { return clerk.LowerASCII(a) == clerk.LowerASCII(b) }
