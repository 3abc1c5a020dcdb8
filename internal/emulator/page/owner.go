// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// ownerKey is the key in private metadata under which clerk-operator marks the users that it manages; docs/explanation/ownership.md has the
// form of the mark. The emulator gives it no meaning, as Clerk gives it none.
const ownerKey = "clerk-operator.io/owner"

// owner is what a user's owner mark says.
type owner struct {
	// Marked is false if the user has no mark.
	Marked bool
	// Readable is false for a mark in another form.
	Readable bool
	// Object is namespace/name of the ClerkUser.
	Object, UID, Cluster string
	// Created is true if the operator created the user, and false if it adopted one.
	Created bool
	// BannedOnDelete is true if the deletion of the ClerkUser banned the user.
	BannedOnDelete bool
	// Mark is the mark as it stands.
	Mark string
}

// ownerOf reads the owner mark of a user.
func ownerOf(u *emulator.User) owner {
	value, marked := u.PrivateMetadata[ownerKey]
	if !marked || value == nil {
		return owner{}
	}
	mark, _ := value.(string)
	o := owner{Marked: true, Mark: mark}
	words := strings.Split(mark, " ")
	if len(words) < 5 || words[0] != "v1" {
		return o
	}
	o.Readable = true
	o.Cluster, o.Object, o.UID, o.Created = words[1], words[2], words[3], words[4] == "created"
	o.BannedOnDelete = len(words) > 5 && words[5] == "banned-on-delete"
	return o
}
