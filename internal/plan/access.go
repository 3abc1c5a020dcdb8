// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// Restrictions returns the changes of a plan that take access away and depend on nothing else.
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

// restrict returns the changes that take access away.
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

// relax returns the changes that give access back.
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

// unlocks reports whether to lift a lock: our own lock when it left the spec, and by a new locked: false any lock. A
// lock that Clerk sets later against guessing stays.
func (d *Desired) unlocks() bool {
	if d.locked == nil {
		return d.applied.Locked
	}
	return !*d.locked && (d.applied.Locked || d.liftLock)
}

// unbans reports whether to lift a ban: by banned: false any ban, and without the field a ban of ours or of a
// predecessor's deletion.
func (d *Desired) unbans(u *clerk.User) bool {
	if d.banned != nil {
		return !*d.banned
	}
	found, _ := FindMark(u)
	owner := d.mark.OwnershipOf(u)
	return d.applied.Banned || found.BannedOnDelete && (owner == Ours || owner == Predecessors)
}
