// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// userAnswer is a user as Clerk sends it: the SDK's type with the fields that it lacks.
type userAnswer struct {
	clerksdk.User
	BypassClientTrust        bool   `json:"bypass_client_trust"`
	Deprovisioned            bool   `json:"deprovisioned"`
	CreateOrganizationsLimit *int64 `json:"create_organizations_limit"`
	// SCIM is present only for users that a directory owns.
	SCIM json.RawMessage `json:"scim"`

	ExternalAccounts externalAccounts `json:"external_accounts"`

	// These fields are large, unused, and differ by provider. Their content must not make a user unreadable.
	EnterpriseAccounts      unread `json:"enterprise_accounts"`
	SAMLAccounts            unread `json:"saml_accounts"`
	Passkeys                unread `json:"passkeys"`
	OrganizationMemberships unread `json:"organization_memberships"`

	// asked is the requested id; "" for any.
	asked string
	// now is when the answer arrived, because Clerk sends a lock as a countdown.
	now time.Time
	// canonical is the user, after canonicalize has returned nil.
	canonical *User
}

// unread is JSON that is skipped.
type unread struct{}

// UnmarshalJSON accepts anything.
func (unread) UnmarshalJSON([]byte) error { return nil }

func (a *userAnswer) canonicalize() error {
	if !userIDShape.MatchString(a.ID) || a.asked != "" && a.ID != a.asked {
		return &malformedError{problem: "it is not the user asked for"}
	}
	u := &User{
		ID:                    a.ID,
		ExternalID:            text(a.ExternalID),
		Username:              LowerASCII(text(a.Username)),
		FirstName:             text(a.FirstName),
		LastName:              text(a.LastName),
		Locale:                text(a.Locale),
		PrimaryEmailAddressID: text(a.PrimaryEmailAddressID),
		PrimaryPhoneNumberID:  text(a.PrimaryPhoneNumberID),
		Banned:                a.Banned,
		Locked:                a.Locked,
		LockedUntil:           a.lockedUntil(),

		PasswordEnabled:   a.PasswordEnabled,
		TwoFactorEnabled:  a.TwoFactorEnabled,
		TOTPEnabled:       a.TOTPEnabled,
		BackupCodeEnabled: a.BackupCodeEnabled,
		HasImage:          a.HasImage,

		PasswordUpdatedAt: fromNullableMilliseconds(a.PasswordLastUpdatedAt),
		ExternalAccounts:  a.ExternalAccounts,

		DeleteSelfEnabled:         a.DeleteSelfEnabled,
		CreateOrganizationEnabled: a.CreateOrganizationEnabled,
		BypassClientTrust:         a.BypassClientTrust,
		CreateOrganizationsLimit:  a.CreateOrganizationsLimit,

		CreatedAt: fromMilliseconds(a.CreatedAt),
		UpdatedAt: fromMilliseconds(a.UpdatedAt),
	}
	if err := a.canonicalizeMetadata(u); err != nil {
		return err
	}
	if err := a.canonicalizeIdentifiers(u); err != nil {
		return err
	}
	u.DirectoryManaged = a.directoryManaged()
	a.canonical = u
	return nil
}

func (a *userAnswer) canonicalizeMetadata(u *User) (err error) {
	if u.PublicMetadata, err = decodeMetadata(a.PublicMetadata); err != nil {
		return err
	}
	if u.PrivateMetadata, err = decodeMetadata(a.PrivateMetadata); err != nil {
		return err
	}
	u.UnsafeMetadata, err = decodeMetadata(a.UnsafeMetadata)
	return err
}

func (a *userAnswer) canonicalizeIdentifiers(u *User) error {
	for _, from := range a.EmailAddresses {
		email, err := canonicalEmailAddress(from)
		if err != nil {
			return err
		}
		u.EmailAddresses = append(u.EmailAddresses, email)
	}
	for _, from := range a.PhoneNumbers {
		phone, err := canonicalPhoneNumber(from)
		if err != nil {
			return err
		}
		u.PhoneNumbers = append(u.PhoneNumbers, phone)
	}
	for _, from := range a.Web3Wallets {
		if from == nil {
			return errMissingPart
		}
		u.Web3Wallets = append(u.Web3Wallets, Web3Wallet{
			ID: from.ID, Address: FoldWallet(from.Web3Wallet), Status: statusOf(from.Verification, false),
		})
	}
	return nil
}

// lockedUntil converts the countdown into a time. A lock has no end if its countdown is missing or longer than a
// century.
func (a *userAnswer) lockedUntil() time.Time {
	const century = 100 * 365 * 24 * 60 * 60
	left := a.LockoutExpiresInSeconds
	if !a.Locked || left == nil || *left > century {
		return time.Time{}
	}
	return a.now.Add(time.Duration(max(*left, 0)) * time.Second).UTC().Round(time.Second)
}

// directoryManaged infers from a user's fields whether a directory manages it. Clerk names the directory in webhooks
// only.
func (a *userAnswer) directoryManaged() bool {
	if a.Deprovisioned || len(a.SCIM) > 0 && string(a.SCIM) != "null" {
		return true
	}
	for _, email := range a.EmailAddresses {
		if email.Verification != nil && email.Verification.Strategy == "scim" {
			return true
		}
	}
	return false
}

// usersAnswer is a list of users.
type usersAnswer struct {
	users []*userAnswer
	now   time.Time
}

// Read implements the SDK's interface; nothing of the response is needed.
func (a *usersAnswer) Read(*clerksdk.APIResponse) {}

// UnmarshalJSON decodes the bare array in which Clerk sends lists.
func (a *usersAnswer) UnmarshalJSON(data []byte) error { return unmarshalList(data, &a.users) }

func (a *usersAnswer) canonicalize() error {
	for _, user := range a.users {
		if user == nil {
			return errMissingPart
		}
		user.now = a.now
		if err := user.canonicalize(); err != nil {
			return err
		}
	}
	return nil
}
