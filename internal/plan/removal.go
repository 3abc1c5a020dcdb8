// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Removal is what to do at Clerk when the ClerkUser that m names is deleted: delete the user, ban it and say so in the
// mark, or take the mark off. It needs no spec. It is empty for an absent user (nil), for one that carries another's
// mark, and for a policy that it does not know. Whether an unmarked user may be touched at all is the caller's to
// prove.
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
		return append(changes, remark(m, u)...)
	case v1alpha1.DeletionRetain:
		if m.OwnershipOf(u) != Unmarked {
			return []Change{MergeMetadata{clerk.MetadataParams{Private: markPatch(nil)}}}
		}
	}
	return nil
}

// HandOver is what to do so that the user passes to the ClerkUser that the mark names, be it under whatever mark now.
// How the user was come by stays, and so does a ban on deletion, for the new owner to undo. It is empty for an absent
// user (nil) and for one whose mark cannot be read.
func HandOver(to Mark, u *clerk.User) []Change {
	if u == nil {
		return nil
	}
	if found, ok := FindMark(u); ok {
		if found == (Mark{}) {
			return nil
		}
		to.BannedOnDelete = found.BannedOnDelete
	}
	return remark(to, u)
}

// remark writes a mark if the user does not carry it. The origin of the mark that is there stays.
func remark(m Mark, u *clerk.User) []Change {
	if found, ok := FindMark(u); ok {
		m.Origin = found.Origin
	}
	if u.PrivateMetadata[v1alpha1.OwnerKey] == m.String() {
		return nil
	}
	return []Change{MergeMetadata{clerk.MetadataParams{Private: markPatch(m.String())}}}
}
