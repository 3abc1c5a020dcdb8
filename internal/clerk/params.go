// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

// Optional fields of the params in this file are pointers: nil is left out of the request, and a pointer to "" clears
// the value (the API has null for it, which Clerk treats the same).

// CreateUserParams is what POST /users takes. See https://clerk.com/docs/reference/backend-api/tag/users/POST/users.
type CreateUserParams struct {
	Unprintable

	ExternalID, Username, FirstName, LastName, Locale *string

	// EmailAddresses and PhoneNumbers: the first becomes primary. Status "" means Verified.
	EmailAddresses []NewIdentifier
	PhoneNumbers   []NewIdentifier
	Web3Wallets    []string

	PublicMetadata, PrivateMetadata, UnsafeMetadata Metadata

	// Password and PasswordDigest are two ways to say the same; PasswordHasher names the format of the digest. SkipPasswordChecks
	// lets a password in that Clerk finds too weak or known from a breach.
	Password, PasswordDigest *Secret
	PasswordHasher           *string
	SkipPasswordChecks       *bool

	// TOTPSecret is in base32, for codes of six digits every 30 seconds by HMAC-SHA1. BackupCodes are plain or bcrypt digests.
	TOTPSecret  *Secret
	BackupCodes []Secret

	Banned, Locked                                                  *bool
	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64

	CreatedAt, LegalAcceptedAt                                    *time.Time
	SkipLegalChecks, SkipPasswordRequirement, SkipUserRequirement *bool
}

// identifiers are those that the user is to have.
func (p CreateUserParams) identifiers() []Identifier {
	var all []Identifier
	add := func(kind IdentifierKind, value string) {
		if value != "" {
			all = append(all, Identifier{Kind: kind, Value: value})
		}
	}
	add(KindExternalID, text(p.ExternalID))
	add(KindUsername, text(p.Username))
	for _, address := range p.EmailAddresses {
		add(KindEmailAddress, address.Value)
	}
	for _, number := range p.PhoneNumbers {
		add(KindPhoneNumber, number.Value)
	}
	for _, wallet := range p.Web3Wallets {
		add(KindWeb3Wallet, wallet)
	}
	return all
}

// NewIdentifier is an address or number of a user to be created.
type NewIdentifier struct {
	Unprintable

	Value  string
	Status IdentifierStatus
}

// UpdateUserParams is what PATCH /users/{user_id} takes. Metadata goes its own way since API version 2026-05-12.
type UpdateUserParams struct {
	Unprintable

	ExternalID, Username, FirstName, LastName, Locale *string

	PrimaryEmailAddressID, PrimaryPhoneNumberID *string

	// SkipPasswordChecks and SignOutOfOtherSessions are about the Password beside them and do not go without one. Sessions outlive
	// a new password unless they are ended with it.
	Password                                   *Secret
	SkipPasswordChecks, SignOutOfOtherSessions *bool

	// TOTPSecret is in base32, as a new user's is. What becomes of one that the user has is not documented.
	TOTPSecret *Secret

	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64
}

// MetadataParams is what PATCH and PUT /users/{user_id}/metadata take; a nil field is left out. In PATCH a nil value
// inside removes its key at any depth; in PUT an empty object clears the field.
type MetadataParams struct {
	Unprintable

	Public, Private, Unsafe Metadata
}

// CreateEmailAddressParams is what POST /email_addresses takes.
type CreateEmailAddressParams struct {
	Unprintable

	UserID, Address   string
	Verified, Primary bool
}

// UpdateEmailAddressParams is what PATCH /email_addresses/{id} takes; nil is left out.
type UpdateEmailAddressParams struct {
	Unprintable

	Verified, Primary *bool
}

// CreatePhoneNumberParams is what POST /phone_numbers takes.
type CreatePhoneNumberParams struct {
	Unprintable

	UserID, Number                             string
	Verified, Primary, ReservedForSecondFactor bool
}

// UpdatePhoneNumberParams is what PATCH /phone_numbers/{id} takes; nil is left out.
type UpdatePhoneNumberParams struct {
	Unprintable

	Verified, Primary, ReservedForSecondFactor *bool
}
