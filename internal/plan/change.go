// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// Change is one call to Clerk. The kinds are those of this file and no others, so that a switch over them can be
// complete. However a Change is printed or marshalled, it shows a verb and field names, never a value.
//
//sumtype:decl
type Change interface {
	// Fields names the fields of the spec that the call carries out, sorted; FieldOwnerMark stands for the mark.
	Fields() []string
	// String is the verb and the field names.
	String() string

	isChange()
}

// Create makes the user, with everything that the creating call can say. It is always alone in its plan.
type Create struct{ Params clerk.CreateUserParams }

// Ban ends all sessions of the user and refuses sign-in.
type Ban struct{}

// Unban lifts a ban.
type Unban struct{}

// Lock refuses sign-in until Clerk lets the lock lapse.
type Lock struct{}

// Unlock lifts a lock.
type Unlock struct{}

// Update sends every difference in profile, permissions, password and choice of primary identifiers as one PATCH.
type Update struct{ Params clerk.UpdateUserParams }

// MergeMetadata merges into the user's metadata; nil inside removes a key.
type MergeMetadata struct{ Params clerk.MetadataParams }

// ReplaceMetadata replaces the metadata fields that are given. Private metadata always holds the owner mark.
type ReplaceMetadata struct {
	Params clerk.MetadataParams
	// NewMark says that the mark in Params differs from the one at Clerk.
	NewMark bool
}

// SetProfileImage uploads the user's image.
type SetProfileImage struct{ Image clerk.ProfileImage }

// DeleteProfileImage removes the user's image.
type DeleteProfileImage struct{}

// Contact is an address or number that the user has.
type Contact struct {
	clerk.Unprintable

	// ID is the one at Clerk, Value the address or number.
	ID, Value string
}

// AddEmailAddress gives the user another address.
type AddEmailAddress struct {
	Params clerk.CreateEmailAddressParams
}

// UpdateEmailAddress changes one of the user's addresses: its verification, and in the same call its being primary.
type UpdateEmailAddress struct {
	Contact Contact
	Params  clerk.UpdateEmailAddressParams
}

// DeleteEmailAddress takes an address from the user.
type DeleteEmailAddress struct{ Contact Contact }

// AddPhoneNumber gives the user another number.
type AddPhoneNumber struct{ Params clerk.CreatePhoneNumberParams }

// UpdatePhoneNumber changes one of the user's numbers.
type UpdatePhoneNumber struct {
	Contact Contact
	Params  clerk.UpdatePhoneNumberParams
}

// DeletePhoneNumber takes a number from the user.
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
