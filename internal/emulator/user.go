// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "time"

// User is a user as Clerk stores it. The JSON form is Clerk's schema User of version 2026-05-12; fields without a JSON
// name are what Clerk knows but never shows. Times are Unix milliseconds unless they are a time.Time.
//
// A User that this package returns is a copy. Numbers in metadata are json.Number, so that they stay as written.
type User struct {
	ID                    string  `json:"id"`
	Object                string  `json:"object"`
	ExternalID            *string `json:"external_id"`
	PrimaryEmailAddressID *string `json:"primary_email_address_id"`
	PrimaryPhoneNumberID  *string `json:"primary_phone_number_id"`
	PrimaryWeb3WalletID   *string `json:"primary_web3_wallet_id"`
	Username              *string `json:"username"`
	FirstName             *string `json:"first_name"`
	LastName              *string `json:"last_name"`
	Locale                *string `json:"locale"`
	ImageURL              string  `json:"image_url"`
	HasImage              bool    `json:"has_image"`

	// PublicMetadata and UnsafeMetadata are never null in an answer; PrivateMetadata is null if it is nil.
	PublicMetadata  map[string]any `json:"public_metadata"`
	PrivateMetadata map[string]any `json:"private_metadata"`
	UnsafeMetadata  map[string]any `json:"unsafe_metadata"`

	EmailAddresses     []EmailAddress    `json:"email_addresses"`
	PhoneNumbers       []PhoneNumber     `json:"phone_numbers"`
	Web3Wallets        []Web3Wallet      `json:"web3_wallets"`
	Passkeys           []Passkey         `json:"passkeys"`
	ExternalAccounts   []ExternalAccount `json:"external_accounts"`
	SAMLAccounts       []map[string]any  `json:"saml_accounts"`
	EnterpriseAccounts []map[string]any  `json:"enterprise_accounts"`

	PasswordEnabled       bool   `json:"password_enabled"`
	PasswordLastUpdatedAt *int64 `json:"password_last_updated_at"`
	TwoFactorEnabled      bool   `json:"two_factor_enabled"`
	TOTPEnabled           bool   `json:"totp_enabled"`
	BackupCodeEnabled     bool   `json:"backup_code_enabled"`
	MFAEnabledAt          *int64 `json:"mfa_enabled_at"`
	MFADisabledAt         *int64 `json:"mfa_disabled_at"`

	Banned bool `json:"banned"`
	// Locked is true while LockedUntil is in the future or zero. A returned copy shows false for a lock that has ended.
	Locked                        bool   `json:"locked"`
	LockoutExpiresInSeconds       *int64 `json:"lockout_expires_in_seconds"`
	VerificationAttemptsRemaining *int64 `json:"verification_attempts_remaining"`
	Deprovisioned                 bool   `json:"deprovisioned"`

	DeleteSelfEnabled         bool   `json:"delete_self_enabled"`
	CreateOrganizationEnabled bool   `json:"create_organization_enabled"`
	CreateOrganizationsLimit  *int   `json:"create_organizations_limit"`
	BypassClientTrust         bool   `json:"bypass_client_trust"`
	LegalAcceptedAt           *int64 `json:"legal_accepted_at"`
	LastSignInAt              *int64 `json:"last_sign_in_at"`
	LastActiveAt              *int64 `json:"last_active_at"`
	CreatedAt                 int64  `json:"created_at"`
	UpdatedAt                 int64  `json:"updated_at"`

	// LockedUntil is when the lock ends; zero on a locked user means never.
	LockedUntil time.Time `json:"-"`
	// Directory means that a directory (SCIM) manages the user: the user cannot be deleted, and some attributes cannot be
	// written. Nil means an ordinary user.
	Directory *Directory `json:"-"`
	// Image is the uploaded image; nil if HasImage is set for another image.
	Image *ProfileImage `json:"-"`
	// OrganizationMemberships and OrganizationInvitations are the answers of the operations with these names, in any
	// order.
	OrganizationMemberships []OrganizationMembership `json:"-"`
	OrganizationInvitations []OrganizationInvitation `json:"-"`
	// OrganizationIDs are further organizations of which the user is a member for list filters.
	OrganizationIDs []string `json:"-"`
	// Credentials are what was written and what Clerk never shows.
	Credentials Credentials `json:"-"`
	// PasswordCompromised means that the user has to choose another password at the next sign-in.
	PasswordCompromised bool `json:"-"`
	// SessionsRevokedAt is when a write of the password last ended the user's sessions; zero means never.
	SessionsRevokedAt time.Time `json:"-"`
	// TrustedDevices are the enrolled devices, including revoked ones, oldest first. Clerk shows them separately.
	TrustedDevices []TrustedDevice `json:"-"`
}

// Credentials are a user's write-only inputs, as last sent. Used backup codes are removed.
type Credentials struct {
	Password       string
	PasswordDigest string
	PasswordHasher string
	TOTPSecret     string
	BackupCodes    []string
}

// String prevents that credentials are printed with structures; they are read field by field.
func (Credentials) String() string { return "(credentials)" }

// GoString does the same for %#v.
func (Credentials) GoString() string { return "(credentials)" }
