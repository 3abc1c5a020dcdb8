// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"io"
	"time"
)

// Optional fields of the params in this file are pointers: nil is left out of the request, and a pointer to "" clears
// the value (the API has null for it, which Clerk treats the same).

// CreateUserParams is what POST /users takes. See https://clerk.com/docs/reference/backend-api/tag/users/POST/users.
type CreateUserParams struct {
	ExternalID, Username, FirstName, LastName, Locale *string

	// EmailAddresses and PhoneNumbers: the first becomes primary. Status "" means Verified.
	EmailAddresses []NewIdentifier
	PhoneNumbers   []NewIdentifier
	Web3Wallets    []string

	PublicMetadata, PrivateMetadata, UnsafeMetadata Metadata

	// Password and PasswordDigest are two ways to say the same; PasswordHasher names the format of the digest. SkipPasswordChecks
	// lets a password in that Clerk finds too weak or known from a breach.
	Password, PasswordDigest, PasswordHasher *string
	SkipPasswordChecks                       *bool

	// TOTPSecret is in base32, for codes of six digits every 30 seconds by HMAC-SHA1. BackupCodes are plain or bcrypt digests.
	TOTPSecret  *string
	BackupCodes []string

	Banned, Locked                                                  *bool
	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64

	CreatedAt, LegalAcceptedAt                                    *time.Time
	SkipLegalChecks, SkipPasswordRequirement, SkipUserRequirement *bool
}

// String leaves out every value.
func (p CreateUserParams) String() string { return "params of a new user" }

// Format prints String for every verb.
func (p CreateUserParams) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

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
	Value  string
	Status IdentifierStatus
}

// UpdateUserParams is what PATCH /users/{user_id} takes. Metadata goes its own way since API version 2026-05-12.
type UpdateUserParams struct {
	ExternalID, Username, FirstName, LastName, Locale *string

	PrimaryEmailAddressID, PrimaryPhoneNumberID *string

	// SkipPasswordChecks and SignOutOfOtherSessions are about the Password beside them and do not go without one. Sessions outlive
	// a new password unless they are ended with it.
	Password                                   *string
	SkipPasswordChecks, SignOutOfOtherSessions *bool

	// TOTPSecret is in base32, as a new user's is. What becomes of one that the user has is not documented.
	TOTPSecret *string

	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust *bool
	CreateOrganizationsLimit                                        *int64
}

// MetadataParams is what PATCH and PUT /users/{user_id}/metadata take; a nil field is left out. In PATCH a nil value
// inside removes its key at any depth; in PUT an empty object clears the field.
type MetadataParams struct {
	Public, Private, Unsafe Metadata
}

// CreateEmailAddressParams is what POST /email_addresses takes.
type CreateEmailAddressParams struct {
	UserID, Address   string
	Verified, Primary bool
}

// UpdateEmailAddressParams is what PATCH /email_addresses/{id} takes; nil is left out.
type UpdateEmailAddressParams struct {
	Verified, Primary *bool
}

// CreatePhoneNumberParams is what POST /phone_numbers takes.
type CreatePhoneNumberParams struct {
	UserID, Number                             string
	Verified, Primary, ReservedForSecondFactor bool
}

// UpdatePhoneNumberParams is what PATCH /phone_numbers/{id} takes; nil is left out.
type UpdatePhoneNumberParams struct {
	Verified, Primary, ReservedForSecondFactor *bool
}
