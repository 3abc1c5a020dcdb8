// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// planProfile is what differs in profile and permissions.
func (d *Desired) planProfile(u *clerk.User) clerk.UpdateUserParams {
	var p clerk.UpdateUserParams
	for _, field := range plainFields {
		field.update(&d.plain, u, &p)
	}
	d.planPassword(u, &p)
	return p
}

// differing is the wish if there is one and it is not what Clerk has.
func differing[T comparable](want *T, have T) *T {
	if want == nil || *want == have {
		return nil
	}
	return new(*want)
}

// planUsername is the username to send; nil if it is as desired. It is not removed if it is the last way in.
func (d *Desired) planUsername(u *clerk.User, p Policy, waysIn *int) (*string, []InvalidError) {
	name := differing(d.username, foldUsername(u.Username))
	switch {
	case name == nil, p.blocksField(FieldUsername), p.grantsNothing && *name != "":
		return nil, nil
	case *name == "" && *waysIn < 2:
		return nil, []InvalidError{lastWayIn(FieldUsername)}
	case *name == "":
		*waysIn--
	case u.Username == "":
		*waysIn++
	}
	return name, nil
}

// sameLanguage compares language tags, which mean the same in upper and lower case (RFC 5646, 2.1.1), and which Clerk may tidy.
func sameLanguage(a, b string) bool { return clerk.LowerASCII(a) == clerk.LowerASCII(b) }
