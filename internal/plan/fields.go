// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"maps"
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Names of the fields of a spec in Change.Fields, Policy.Withheld and Fingerprint. Those of plain fields are beside their table.
const (
	FieldUsername        = "username"
	FieldEmailAddresses  = "emailAddresses"
	FieldPhoneNumbers    = "phoneNumbers"
	FieldPublicMetadata  = "publicMetadata"
	FieldPrivateMetadata = "privateMetadata"
	FieldUnsafeMetadata  = "unsafeMetadata"
	FieldPassword        = "password"
	FieldProfileImage    = "profileImage"
	FieldBanned          = "banned"
	FieldLocked          = "locked"
	FieldInitial         = "initial"
	FieldDeletionPolicy  = "deletionPolicy"

	// FieldOwnerMark is not a field of the spec. It stands for the owner mark.
	FieldOwnerMark = "ownerMark"
)

// Fields returns the names of the fields that changes carry out, sorted and without duplicates.
func Fields(changes []Change) []string {
	names := map[string]bool{}
	for _, c := range changes {
		for _, name := range c.Fields() {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// present returns the names whose value is true, sorted.
func present(names map[string]bool) []string {
	maps.DeleteFunc(names, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(names))
}

// Fields returns the names of the fields that the creating call sets.
func (c Create) Fields() []string {
	p := c.Params
	names := map[string]bool{
		FieldUsername:        p.Username != nil,
		FieldEmailAddresses:  len(p.EmailAddresses) > 0,
		FieldPhoneNumbers:    len(p.PhoneNumbers) > 0,
		FieldPublicMetadata:  len(p.PublicMetadata) > 0,
		FieldPrivateMetadata: namesDeclaredKey(p.PrivateMetadata),
		FieldUnsafeMetadata:  len(p.UnsafeMetadata) > 0,
		FieldPassword:        p.Password != nil,
		FieldBanned:          p.Banned != nil,
		FieldLocked:          p.Locked != nil,
		FieldInitial: len(p.Web3Wallets) > 0 || p.CreatedAt != nil || p.LegalAcceptedAt != nil ||
			p.PasswordDigest != nil || p.TOTPSecret != nil || len(p.BackupCodes) > 0 || p.SkipLegalChecks != nil || p.SkipPasswordRequirement != nil || p.SkipUserRequirement != nil,
		FieldOwnerMark: holdsMark(p.PrivateMetadata),
	}
	for _, field := range plainFields {
		names[field.name] = field.inCreate(&p)
	}
	return present(names)
}

// Fields is banned.
func (Ban) Fields() []string { return []string{FieldBanned} }

// Fields is banned.
func (Unban) Fields() []string { return []string{FieldBanned} }

// Fields is locked.
func (Lock) Fields() []string { return []string{FieldLocked} }

// Fields is locked.
func (Unlock) Fields() []string { return []string{FieldLocked} }

// Fields returns the names of the changed fields. A primary identifier belongs to its list.
func (c Update) Fields() []string {
	p := c.Params
	names := map[string]bool{
		FieldUsername:       p.Username != nil,
		FieldEmailAddresses: p.PrimaryEmailAddressID != nil,
		FieldPhoneNumbers:   p.PrimaryPhoneNumberID != nil,
		FieldPassword:       p.Password != nil,
	}
	for _, field := range plainFields {
		names[field.name] = field.inUpdate(&p)
	}
	return present(names)
}

// Fields returns the names of the merged metadata fields, and the mark if it is written or removed.
func (c MergeMetadata) Fields() []string {
	return present(map[string]bool{
		FieldPublicMetadata:  c.Params.Public != nil,
		FieldPrivateMetadata: namesDeclaredKey(c.Params.Private),
		FieldUnsafeMetadata:  c.Params.Unsafe != nil,
		FieldOwnerMark:       holdsMark(c.Params.Private),
	})
}

// Fields returns the names of the replaced metadata fields, and the mark if it differs.
func (c ReplaceMetadata) Fields() []string {
	return present(map[string]bool{
		FieldPublicMetadata:  c.Params.Public != nil,
		FieldPrivateMetadata: c.Params.Private != nil,
		FieldUnsafeMetadata:  c.Params.Unsafe != nil,
		FieldOwnerMark:       c.NewMark,
	})
}

// Fields is profileImage.
func (SetProfileImage) Fields() []string { return []string{FieldProfileImage} }

// Fields is profileImage.
func (DeleteProfileImage) Fields() []string { return []string{FieldProfileImage} }

// Fields is emailAddresses.
func (AddEmailAddress) Fields() []string { return []string{FieldEmailAddresses} }

// Fields is emailAddresses.
func (UpdateEmailAddress) Fields() []string { return []string{FieldEmailAddresses} }

// Fields is emailAddresses.
func (DeleteEmailAddress) Fields() []string { return []string{FieldEmailAddresses} }

// Fields is phoneNumbers.
func (AddPhoneNumber) Fields() []string { return []string{FieldPhoneNumbers} }

// Fields is phoneNumbers.
func (UpdatePhoneNumber) Fields() []string { return []string{FieldPhoneNumbers} }

// Fields is phoneNumbers.
func (DeletePhoneNumber) Fields() []string { return []string{FieldPhoneNumbers} }

// Fields is deletionPolicy.
func (Delete) Fields() []string { return []string{FieldDeletionPolicy} }

// holdsMark reports whether private metadata writes or removes the owner mark.
func holdsMark(private clerk.Metadata) bool {
	_, ok := private[v1alpha1.OwnerKey]
	return ok
}

// namesDeclaredKey reports whether private metadata has keys other than the owner mark.
func namesDeclaredKey(private clerk.Metadata) bool {
	return len(private) > 1 || len(private) == 1 && !holdsMark(private)
}
