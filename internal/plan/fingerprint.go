// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Fingerprint returns a digest of Clerk's value for a field of the spec, which shows whether the value changed later.
// Equal values have equal digests. It is not keyed, so it must not leave the process. It is "" for a field that is not
// a property of the user.
func Fingerprint(u *clerk.User, field string) string {
	value, ok := observedValue(u, field)
	if !ok {
		return ""
	}
	// Every result of observedValue can be encoded.
	text, _ := json.Marshal(value)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// observedValue returns Clerk's value for a field of the spec.
func observedValue(u *clerk.User, field string) (any, bool) {
	for _, plain := range plainFields {
		if plain.name == field {
			return plain.observed(u), true
		}
	}
	switch field {
	case FieldUsername:
		return u.Username, true
	case FieldEmailAddresses:
		return []any{u.PrimaryEmailAddressID, u.EmailAddresses}, true
	case FieldPhoneNumbers:
		return []any{u.PrimaryPhoneNumberID, u.PhoneNumbers}, true
	case FieldBanned:
		return u.Banned, true
	case FieldLocked:
		return u.Locked, true
	default:
		return observedSetting(u, field)
	}
}

// observedSetting is the second half of observedValue: metadata, the mark, and values of which Clerk only shows that
// they exist.
func observedSetting(u *clerk.User, field string) (any, bool) {
	switch field {
	case FieldPublicMetadata, FieldUnsafeMetadata:
		return merge(metadataOf(u, field), nil), true
	case FieldPrivateMetadata:
		others := merge(u.PrivateMetadata, nil)
		delete(others, v1alpha1.OwnerKey)
		return others, true
	case FieldOwnerMark:
		return u.PrivateMetadata[v1alpha1.OwnerKey], true
	case FieldPassword:
		return u.PasswordEnabled, true
	case FieldProfileImage:
		return u.HasImage, true
	default:
		return nil, false
	}
}
