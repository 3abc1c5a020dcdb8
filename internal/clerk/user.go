// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"io"
	"time"
)

// User is a user at Clerk in canonical form: null and "" are the same, addresses and usernames are in lower case, times
// are in UTC, metadata is never nil and holds what encoding/json decodes into an any (but a json.Number where no float64
// holds it). Two Users that mean the same are equal field by field. Fields that change by themselves (last sign-in,
// remaining attempts) are left out. The tags are for Pack and have nothing to do with Clerk's names.
type User struct {
	// ID is user_ and letters and digits; it never changes.
	ID string `json:",omitzero"`

	// ExternalID, Username, FirstName, LastName and Locale are "" where Clerk has none.
	ExternalID, Username, FirstName, LastName, Locale string `json:",omitzero"`

	// EmailAddresses are in Clerk's order, as are PhoneNumbers and Web3Wallets; nil where there are none.
	EmailAddresses []EmailAddress `json:",omitempty"`
	PhoneNumbers   []PhoneNumber  `json:",omitempty"`
	Web3Wallets    []Web3Wallet   `json:",omitempty"`

	// PrimaryEmailAddressID and PrimaryPhoneNumberID are "" where there is none.
	PrimaryEmailAddressID, PrimaryPhoneNumberID string `json:",omitzero"`

	PublicMetadata, PrivateMetadata, UnsafeMetadata Metadata `json:",omitempty"`

	Banned bool `json:",omitzero"`

	// Locked is true while sign-in is refused; LockedUntil says when Clerk lifts the lock by itself and is zero for a
	// user that is not locked or locked without end. It is derived from a countdown, so two readings may differ by
	// some seconds.
	Locked      bool      `json:",omitzero"`
	LockedUntil time.Time `json:",omitzero"`

	PasswordEnabled, TwoFactorEnabled, TOTPEnabled, BackupCodeEnabled, HasImage bool `json:",omitzero"`

	// PasswordUpdatedAt is when anybody last set the password; zero where Clerk does not know of it.
	PasswordUpdatedAt time.Time `json:",omitzero"`

	// ExternalAccounts are the accounts elsewhere with which the user signs in, in Clerk's order; nil where there are none. One
	// that Clerk describes in a way that cannot be read is left out.
	ExternalAccounts []ExternalAccount `json:",omitempty"`

	DeleteSelfEnabled, CreateOrganizationEnabled, BypassClientTrust bool `json:",omitzero"`

	// CreateOrganizationsLimit is nil where the instance's default holds; 0 is no limit.
	CreateOrganizationsLimit *int64 `json:",omitzero"`

	// DirectoryManaged is true for users that a directory (SCIM) owns.
	DirectoryManaged bool `json:",omitzero"`

	CreatedAt, UpdatedAt time.Time `json:",omitzero"`
}

// String names the user by its id, and says nothing else.
func (u User) String() string { return "user " + u.ID }

// Format prints String whatever the verb.
func (u User) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, u.String()) }

// MarshalText returns String, for JSON, YAML and loggers.
func (u User) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Metadata is one of a user's three metadata objects, decoded. It is not printed; as JSON it is what Clerk is sent.
type Metadata map[string]any

// Format prints that it is not shown, whatever the verb.
func (Metadata) Format(state fmt.State, _ rune) { writeNotShown(state) }

// IdentifierStatus is the verification state of an address, number or wallet.
type IdentifierStatus string

// Verification states.
const (
	// Verified: the user has shown to own it; it is the only state that proves possession.
	Verified IdentifierStatus = "verified"
	// Reserved: not verified, but usable for sign-in and not to be had by anybody else.
	Reserved IdentifierStatus = "reserved"
	// Unverified: neither; several users may hold it.
	Unverified IdentifierStatus = "unverified"
)

// EmailAddress is one of a user's e-mail addresses.
type EmailAddress struct {
	// ID is idn_ and letters and digits.
	ID string `json:",omitzero"`
	// Address is in lower case.
	Address string           `json:",omitzero"`
	Status  IdentifierStatus `json:",omitzero"`
	// Linked is true for an address that a connected account brought along; Clerk does not delete those.
	Linked bool `json:",omitzero"`
}

// PhoneNumber is one of a user's phone numbers.
type PhoneNumber struct {
	ID string `json:",omitzero"`
	// Number is in E.164 form.
	Number                  string           `json:",omitzero"`
	Status                  IdentifierStatus `json:",omitzero"`
	ReservedForSecondFactor bool             `json:",omitzero"`
	// Linked is true for a number that a connected account brought along; Clerk does not delete those.
	Linked bool `json:",omitzero"`
}

// Web3Wallet is one of a user's wallets. A hexadecimal address is in lower case; of others the case counts.
type Web3Wallet struct {
	ID, Address string           `json:",omitzero"`
	Status      IdentifierStatus `json:",omitzero"`
}

// ExternalAccount is a user's account at a provider, connected or on the way to it.
type ExternalAccount struct {
	// ID is the one by which Clerk deletes it: eac_ and letters and digits.
	ID string `json:",omitzero"`
	// Provider is Clerk's name of where the account is, for instance oauth_google.
	Provider string `json:",omitzero"`
}

// IdentifierKind is a kind of identifier that is unique in an instance and by which a user can be looked up. Its text
// is the name of Clerk's list filter.
type IdentifierKind string

// Kinds of identifiers, strongest first: the order in which one is chosen to find a user again.
const (
	KindExternalID   IdentifierKind = "external_id"
	KindEmailAddress IdentifierKind = "email_address"
	KindPhoneNumber  IdentifierKind = "phone_number"
	KindUsername     IdentifierKind = "username"
	KindWeb3Wallet   IdentifierKind = "web3_wallet"
)

// Identifier is a value by which a user can be looked up.
type Identifier struct {
	Kind  IdentifierKind
	Value string
}
