// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Removal returns the changes for a deleted ClerkUser, which m names: delete the user, ban it and record that in the
// mark, or remove the mark. It needs no spec. It is empty for an absent user (nil), for a user with another mark, and
// for an unknown policy. The caller decides whether an unmarked user may be changed.
func Removal(policy v1alpha1.DeletionPolicy, m Mark, u *clerk.User) []Change {
	if u == nil || m.OwnershipOf(u) == Anothers {
		return nil
	}
	switch policy {
	case v1alpha1.DeletionDelete:
		return []Change{Delete{}}
	case v1alpha1.DeletionBan:
		var changes []Change
		if !u.Banned {
			changes = append(changes, Ban{})
		}
		m.BannedOnDelete = true
		return append(changes, writeMark(m, u)...)
	case v1alpha1.DeletionRetain:
		if m.OwnershipOf(u) != Unmarked {
			return []Change{MergeMetadata{clerk.MetadataParams{Private: markPatch(nil)}}}
		}
	}
	return nil
}

// Transfer returns the changes that give the user to the ClerkUser that the mark names, whatever mark it has now. The
// origin stays, and so does the note of a ban on deletion, which the new owner undoes. It is empty for an absent user
// (nil), and for a user with an unreadable mark.
func Transfer(to Mark, u *clerk.User) []Change {
	if u == nil {
		return nil
	}
	if found, ok := FindMark(u); ok {
		if found == (Mark{}) {
			return nil
		}
		to.BannedOnDelete = found.BannedOnDelete
	}
	return writeMark(to, u)
}

// writeMark writes a mark if the user does not have it. The origin of an existing mark stays.
func writeMark(m Mark, u *clerk.User) []Change {
	if found, ok := FindMark(u); ok {
		m.Origin = found.Origin
	}
	if u.PrivateMetadata[v1alpha1.OwnerKey] == m.String() {
		return nil
	}
	return []Change{MergeMetadata{clerk.MetadataParams{Private: markPatch(m.String())}}}
}
