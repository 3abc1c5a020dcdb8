// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// Restrictions are those changes of a plan that take access away and rest on nothing else.
func Restrictions(todo []Change) []Change {
	var found []Change
	for _, c := range todo {
		switch c.(type) {
		case Ban, Lock:
			found = append(found, c)
		default:
		}
	}
	return found
}

// restrict is what takes access away.
func (d *Desired) restrict(u *clerk.User, p Policy) []Change {
	var changes []Change
	if isTrue(d.banned) && !u.Banned && !p.blocksField(FieldBanned) {
		changes = append(changes, Ban{})
	}
	if isTrue(d.locked) && !u.Locked && !p.blocksField(FieldLocked) {
		changes = append(changes, Lock{})
	}
	return changes
}

// relax is what gives access back.
func (d *Desired) relax(u *clerk.User, p Policy) []Change {
	var changes []Change
	if u.Locked && d.unlocks() && !p.blocksField(FieldLocked) {
		changes = append(changes, Unlock{})
	}
	if u.Banned && d.unbans(u) && !p.blocksField(FieldBanned) {
		changes = append(changes, Unban{})
	}
	return changes
}

// unlocks says whether a lock is to be lifted: one of ours when it left the spec, and by locked: false also any other
// when the wish is new. A lock that Clerk sets later against guessing stays.
func (d *Desired) unlocks() bool {
	if d.locked == nil {
		return d.applied.Locked
	}
	return !*d.locked && (d.applied.Locked || d.liftLock)
}

// unbans says whether a ban is to be lifted: any by banned: false; without a wish one of ours, or one that the deletion
// of a predecessor left behind.
func (d *Desired) unbans(u *clerk.User) bool {
	if d.banned != nil {
		return !*d.banned
	}
	found, _ := FindMark(u)
	owner := d.mark.OwnershipOf(u)
	return d.applied.Banned || found.BannedOnDelete && (owner == Ours || owner == Predecessors)
}
