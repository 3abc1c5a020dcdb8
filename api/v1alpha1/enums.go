// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "errors"

// The types of enumerations decode only values that this version knows. An unknown value must not be taken for another one,
// such as an unknown deletionPolicy for the default.

// decodeWord sets a word that is one of those known.
func decodeWord[T ~string](into *T, text []byte, known ...T) error {
	for _, word := range known {
		if string(word) == string(text) {
			*into = word
			return nil
		}
	}
	return errUnknownWord
}

var errUnknownWord = errors.New("this version does not know the word")

// UnmarshalText decodes Merge or Replace.
func (p *MergePolicy) UnmarshalText(text []byte) error {
	return decodeWord(p, text, PolicyMerge, PolicyReplace)
}

// UnmarshalText decodes Verified or Reserved.
func (s *IdentifierStatus) UnmarshalText(text []byte) error {
	return decodeWord(s, text, IdentifierVerified, IdentifierReserved)
}

// UnmarshalText decodes Enforce or Observe.
func (m *Mode) UnmarshalText(text []byte) error { return decodeWord(m, text, ModeEnforce, ModeObserve) }

// UnmarshalText decodes Never or IfUnmanaged.
func (p *AdoptionPolicy) UnmarshalText(text []byte) error {
	return decodeWord(p, text, AdoptNever, AdoptIfUnmanaged)
}

// UnmarshalText decodes Delete, Ban or Retain.
func (p *DeletionPolicy) UnmarshalText(text []byte) error {
	return decodeWord(p, text, DeletionDelete, DeletionBan, DeletionRetain)
}

// UnmarshalText decodes Created or Adopted.
func (o *Origin) UnmarshalText(text []byte) error {
	return decodeWord(o, text, OriginCreated, OriginAdopted)
}

// UnmarshalText decodes OrganizationMemberships or OrganizationInvitations.
func (i *StatusInclude) UnmarshalText(text []byte) error {
	return decodeWord(i, text, IncludeOrganizationMemberships, IncludeOrganizationInvitations)
}

// UnmarshalText decodes the name of an algorithm for password digests.
func (h *PasswordHasher) UnmarshalText(text []byte) error {
	return decodeWord(h, text, "argon2i", "argon2id", "awscognito", "bcrypt", "bcrypt_peppered", "bcrypt_sha256_django",
		"hmac_sha256_utf16_b64", "ldap_ssha", "md5", "md5_phpass", "md5_salted", "pbkdf2_sha1", "pbkdf2_sha256",
		"pbkdf2_sha256_django", "pbkdf2_sha512", "pbkdf2_sha512_hex", "phpass", "scrypt_firebase", "scrypt_werkzeug", "sha256",
		"sha256_salted", "sha512_symfony")
}

// UnmarshalText decodes Same, All or Selector.
func (f *NamespacesFrom) UnmarshalText(text []byte) error {
	return decodeWord(f, text, NamespacesFromSame, NamespacesFromAll, NamespacesFromSelector)
}

// UnmarshalText decodes None, SameNamespace or All.
func (s *AdoptionScope) UnmarshalText(text []byte) error {
	return decodeWord(s, text, AdoptionNone, AdoptionSameNamespace, AdoptionAll)
}

// UnmarshalText decodes Allow or Deny.
func (p *DeletionPermission) UnmarshalText(text []byte) error {
	return decodeWord(p, text, DeletionAllow, DeletionDeny)
}

// UnmarshalText decodes Development or Production.
func (e *Environment) UnmarshalText(text []byte) error {
	return decodeWord(e, text, EnvironmentDevelopment, EnvironmentProduction)
}

// UnmarshalText decodes a type of action.
func (a *ActionType) UnmarshalText(text []byte) error {
	return decodeWord(a, text, ActionTypes()...)
}
