// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

// Optional fields of the params in this file are pointers. A nil field is left out of the request, and a pointer to ""
// clears the field (the API uses null, which Clerk treats the same).

// CreateUserParams are the parameters of POST /users. See
// https://clerk.com/docs/reference/backend-api/tag/users/POST/users.
type CreateUserParams struct {
	Unprintable

	ExternalID, Username, FirstName, LastName, Locale *string

	// The first of EmailAddresses and of PhoneNumbers becomes primary. Status "" means Verified.
	EmailAddresses []NewIdentifier
	PhoneNumbers   []NewIdentifier
	Web3Wallets    []string

	PublicMetadata, PrivateMetadata, UnsafeMetadata Metadata

	// Password and PasswordDigest are alternatives; PasswordHasher names the format of the digest. SkipPasswordChecks
	// allows a password that Clerk considers weak or known from a breach.
	Password, PasswordDigest *Secret
	PasswordHasher           *string
	SkipPasswordChecks       *bool

	// TOTPSecret is in base32, for codes of six digits every 30 seconds by HMAC-SHA1. BackupCodes are plain texts or
	// bcrypt digests.
	TOTPSecret  *Secret
	BackupCodes []Secret

	Banned, Locked                                                  *bool
	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64

	CreatedAt, LegalAcceptedAt                                    *time.Time
	SkipLegalChecks, SkipPasswordRequirement, SkipUserRequirement *bool
}

// identifiers returns the identifiers of the new user.
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

// NewIdentifier is an address or number of a new user.
type NewIdentifier struct {
	Unprintable

	Value  string
	Status IdentifierStatus
}

// UpdateUserParams are the parameters of PATCH /users/{user_id}. Metadata has its own call since API version
// 2026-05-12.
type UpdateUserParams struct {
	Unprintable

	ExternalID, Username, FirstName, LastName, Locale *string

	PrimaryEmailAddressID, PrimaryPhoneNumberID *string

	// SkipPasswordChecks and SignOutOfOtherSessions apply to the Password and are not sent without one. Sessions survive a
	// new password unless they are ended with it.
	Password                                   *Secret
	SkipPasswordChecks, SignOutOfOtherSessions *bool

	// TOTPSecret is in base32, as for a new user. Clerk does not document what happens to an existing one.
	TOTPSecret *Secret

	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64
}

// MetadataParams are the parameters of PATCH and PUT /users/{user_id}/metadata; a nil field is left out. In PATCH a nil
// value removes its key at any depth. In PUT an empty object clears the field.
type MetadataParams struct {
	Unprintable

	Public, Private, Unsafe Metadata
}

// CreateEmailAddressParams are the parameters of POST /email_addresses.
type CreateEmailAddressParams struct {
	Unprintable

	UserID, Address   string
	Verified, Primary bool
}

// UpdateEmailAddressParams are the parameters of PATCH /email_addresses/{id}; nil is left out.
type UpdateEmailAddressParams struct {
	Unprintable

	Verified, Primary *bool
}

// CreatePhoneNumberParams are the parameters of POST /phone_numbers.
type CreatePhoneNumberParams struct {
	Unprintable

	UserID, Number                             string
	Verified, Primary, ReservedForSecondFactor bool
}

// UpdatePhoneNumberParams are the parameters of PATCH /phone_numbers/{id}; nil is left out.
type UpdatePhoneNumberParams struct {
	Unprintable

	Verified, Primary, ReservedForSecondFactor *bool
}
