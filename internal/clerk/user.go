// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"io"
	"time"
)

// User is a user at Clerk in canonical form. null and "" are the same, addresses and usernames are in lower case, and
// times are in UTC. Metadata is never nil and holds what encoding/json decodes into an any (but a json.Number for a
// number that no float64 holds). Two Users with the same meaning are equal field by field. Fields that change by
// themselves (last sign-in, remaining attempts) are left out. The tags are for Pack and are not Clerk's names. They are
// short for what most users have, since the packed text of every user is kept.
type User struct {
	// ID is user_ and letters and digits. It never changes.
	ID string `json:",omitzero"`

	// ExternalID, Username, FirstName, LastName and Locale are "" if Clerk has none.
	ExternalID, Username, FirstName, LastName, Locale string `json:",omitzero"`

	// EmailAddresses, PhoneNumbers and Web3Wallets are in Clerk's order; nil if there are none.
	EmailAddresses []EmailAddress `json:"E,omitempty"`
	PhoneNumbers   []PhoneNumber  `json:",omitempty"`
	Web3Wallets    []Web3Wallet   `json:",omitempty"`

	// PrimaryEmailAddressID and PrimaryPhoneNumberID are "" if there is none.
	PrimaryEmailAddressID string `json:"PE,omitzero"`
	PrimaryPhoneNumberID  string `json:"PP,omitzero"`

	PublicMetadata  Metadata `json:"M,omitempty"`
	PrivateMetadata Metadata `json:"MP,omitempty"`
	UnsafeMetadata  Metadata `json:"MU,omitempty"`

	Banned bool `json:",omitzero"`

	// Locked is true while Clerk refuses sign-in. LockedUntil is when Clerk lifts the lock by itself; zero for a user that
	// is not locked, or locked without end. It is computed from a countdown, so two reads may differ by some seconds.
	Locked      bool      `json:",omitzero"`
	LockedUntil time.Time `json:",omitzero"`

	PasswordEnabled, TwoFactorEnabled, TOTPEnabled, BackupCodeEnabled, HasImage bool `json:",omitzero"`

	// PasswordUpdatedAt is when the password was last set; zero if Clerk does not know.
	PasswordUpdatedAt time.Time `json:",omitzero"`

	// ExternalAccounts are the accounts at providers with which the user signs in, in Clerk's order; nil if there are
	// none. Unreadable ones are left out.
	ExternalAccounts []ExternalAccount `json:",omitempty"`

	DeleteSelfEnabled         bool `json:"D,omitzero"`
	CreateOrganizationEnabled bool `json:"O,omitzero"`
	BypassClientTrust         bool `json:",omitzero"`

	// CreateOrganizationsLimit is nil for the instance's default; 0 means no limit.
	CreateOrganizationsLimit *int64 `json:",omitzero"`

	// DirectoryManaged is true for users that a directory (SCIM) owns.
	DirectoryManaged bool `json:",omitzero"`

	CreatedAt, UpdatedAt time.Time `json:",omitzero"`
}

// String names the user by its id only.
func (u User) String() string { return "user " + u.ID }

// Format prints String for every verb.
func (u User) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, u.String()) }

// MarshalText returns String, for JSON, YAML and loggers.
func (u User) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Metadata is one of a user's three metadata objects, decoded. It is never printed. Its JSON is what Clerk receives.
type Metadata map[string]any

// Format prints a text that says that the metadata is not shown, for every verb.
func (Metadata) Format(state fmt.State, _ rune) { writeNotShown(state) }

// IdentifierStatus is the verification state of an address, number or wallet.
type IdentifierStatus string

// Verification states.
const (
	// Verified means that the user has proved to own it. Only this status proves possession.
	Verified IdentifierStatus = "verified"
	// Reserved means not verified, but usable for sign-in and not available to other users.
	Reserved IdentifierStatus = "reserved"
	// Unverified means neither. Several users may have the same one.
	Unverified IdentifierStatus = "unverified"
)

// EmailAddress is one of a user's e-mail addresses.
type EmailAddress struct {
	// ID is idn_ and letters and digits.
	ID string `json:",omitzero"`
	// Address is in lower case.
	Address string           `json:"A,omitzero"`
	Status  IdentifierStatus `json:"S,omitzero"`
	// Linked is true for an address from a connected account. Clerk does not delete those.
	Linked bool `json:",omitzero"`
}

// PhoneNumber is one of a user's phone numbers.
type PhoneNumber struct {
	ID string `json:",omitzero"`
	// Number is in E.164 form.
	Number                  string           `json:",omitzero"`
	Status                  IdentifierStatus `json:",omitzero"`
	ReservedForSecondFactor bool             `json:",omitzero"`
	// Linked is true for a number from a connected account. Clerk does not delete those.
	Linked bool `json:",omitzero"`
}

// Web3Wallet is one of a user's wallets. A hexadecimal address is in lower case; in other addresses case counts.
type Web3Wallet struct {
	ID, Address string           `json:",omitzero"`
	Status      IdentifierStatus `json:",omitzero"`
}

// ExternalAccount is a user's account at a provider, connected or not yet.
type ExternalAccount struct {
	// ID is the id by which Clerk deletes the account: eac_ and letters and digits.
	ID string `json:",omitzero"`
	// Provider is Clerk's name of the provider, for instance oauth_google.
	Provider string `json:",omitzero"`
}

// IdentifierKind is a kind of identifier that is unique in an instance and by which a user can be found. Its text is
// the name of Clerk's list filter.
type IdentifierKind string

// Kinds of identifiers, strongest first. In this order one is chosen to find a user again.
const (
	KindExternalID   IdentifierKind = "external_id"
	KindEmailAddress IdentifierKind = "email_address"
	KindPhoneNumber  IdentifierKind = "phone_number"
	KindUsername     IdentifierKind = "username"
	KindWeb3Wallet   IdentifierKind = "web3_wallet"
)

// Identifier is a value by which a user can be found.
type Identifier struct {
	Kind  IdentifierKind
	Value string
}
