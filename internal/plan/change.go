// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// Change is one call to Clerk. All kinds are in this file, so that a switch over them can be complete. Whatever prints
// or marshals a Change shows a verb and field names, never a value.
//
//sumtype:decl
type Change interface {
	// Fields returns the names of the spec's fields that the call carries out, sorted. FieldOwnerMark stands for the mark.
	Fields() []string
	// String returns the verb and the field names.
	String() string

	isChange()
}

// Create creates the user, with everything that the creating call can set. It is always alone in its plan.
type Create struct{ Params clerk.CreateUserParams }

// Ban ends all sessions of the user and makes Clerk refuse sign-in.
type Ban struct{}

// Unban lifts a ban.
type Unban struct{}

// Lock makes Clerk refuse sign-in until the lock ends by itself.
type Lock struct{}

// Unlock lifts a lock.
type Unlock struct{}

// Update sends every difference in profile, permissions, password and primary identifiers as one PATCH.
type Update struct{ Params clerk.UpdateUserParams }

// MergeMetadata merges into the user's metadata; nil inside removes a key.
type MergeMetadata struct{ Params clerk.MetadataParams }

// ReplaceMetadata replaces the given metadata fields. Private metadata always has the owner mark.
type ReplaceMetadata struct {
	Params clerk.MetadataParams
	// NewMark is true if the mark in Params differs from the one at Clerk.
	NewMark bool
}

// SetProfileImage uploads the user's image.
type SetProfileImage struct{ Image clerk.ProfileImage }

// DeleteProfileImage removes the user's image.
type DeleteProfileImage struct{}

// Contact is an address or number that the user has.
type Contact struct {
	clerk.Unprintable

	// ID is the id at Clerk, Value the address or number.
	ID, Value string
}

// AddEmailAddress adds an address to the user.
type AddEmailAddress struct {
	Params clerk.CreateEmailAddressParams
}

// UpdateEmailAddress changes one of the user's addresses: it verifies it, and can make it primary in the same call.
type UpdateEmailAddress struct {
	Contact Contact
	Params  clerk.UpdateEmailAddressParams
}

// DeleteEmailAddress removes an address of the user.
type DeleteEmailAddress struct{ Contact Contact }

// AddPhoneNumber adds a number to the user.
type AddPhoneNumber struct{ Params clerk.CreatePhoneNumberParams }

// UpdatePhoneNumber changes one of the user's numbers.
type UpdatePhoneNumber struct {
	Contact Contact
	Params  clerk.UpdatePhoneNumberParams
}

// DeletePhoneNumber removes a number of the user.
type DeletePhoneNumber struct{ Contact Contact }

// Delete deletes the user.
type Delete struct{}

func (Create) isChange()             {}
func (Ban) isChange()                {}
func (Unban) isChange()              {}
func (Lock) isChange()               {}
func (Unlock) isChange()             {}
func (Update) isChange()             {}
func (MergeMetadata) isChange()      {}
func (ReplaceMetadata) isChange()    {}
func (SetProfileImage) isChange()    {}
func (DeleteProfileImage) isChange() {}
func (AddEmailAddress) isChange()    {}
func (UpdateEmailAddress) isChange() {}
func (DeleteEmailAddress) isChange() {}
func (AddPhoneNumber) isChange()     {}
func (UpdatePhoneNumber) isChange()  {}
func (DeletePhoneNumber) isChange()  {}
func (Delete) isChange()             {}
