// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"time"
)

// Environment is the environment of a Clerk instance. It decides the rate limit and the quota.
type Environment string

const (
	// Development is the environment of sk_test_ keys: 100 requests in 10 seconds, 100 users.
	Development Environment = "development"
	// Production is the environment of sk_live_ keys: 1000 requests in 10 seconds, no quota.
	Production Environment = "production"
)

// Settings are an instance's settings: the owner's choices in the Dashboard, its plan, and the lag of reads. The zero
// value is an instance with every feature on, nothing required and Clerk's own limits.
type Settings struct {
	// InstanceRateLimit is the number of requests that the instance answers in 10 seconds. 0 means Clerk's limit for the
	// environment, a negative number no limit.
	InstanceRateLimit int `json:"instance_rate_limit"`
	// UserRateLimit is the number of PATCH of a user and PATCH and PUT of its metadata in 10 seconds, per user. 0 means
	// Clerk's 10, a negative number no limit.
	UserRateLimit int `json:"user_rate_limit"`
	// MaxUsers is the quota. 0 means 100 in development and none in production; a negative number means none.
	MaxUsers int `json:"max_users"`

	// ListLag is how long lists and counts show the former state of a new, changed or deleted user.
	ListLag time.Duration `json:"-"`
	// GetLag is how long a read by id of a new user is answered with 404.
	GetLag time.Duration `json:"-"`
	// LockoutDuration is how long a lock lasts. 0 means an hour; a negative duration means for ever.
	LockoutDuration time.Duration `json:"-"`

	// LockoutDisabled disables user lockout: lock and unlock are answered with 403 feature_not_enabled.
	LockoutDisabled bool `json:"lockout_disabled"`
	// BanUnsupported means a plan without bans: they are answered with 402 unsupported_subscription_plan_features.
	BanUnsupported bool `json:"ban_unsupported"`
	// EmailDisabled, PhoneDisabled, UsernameDisabled, Web3Disabled and PasswordDisabled disable an attribute: a request
	// with it is answered with 422 form_param_unknown. Marking a password is then answered with 403 password_disabled.
	EmailDisabled    bool `json:"email_disabled"`
	PhoneDisabled    bool `json:"phone_disabled"`
	UsernameDisabled bool `json:"username_disabled"`
	Web3Disabled     bool `json:"web3_disabled"`
	PasswordDisabled bool `json:"password_disabled"`
	// PasskeysDisabled and TrustedDevicesDisabled disable a feature: requests about it are answered with 403
	// feature_not_enabled. Web3Disabled does the same for the deletion of a wallet.
	PasskeysDisabled       bool `json:"passkeys_disabled"`
	TrustedDevicesDisabled bool `json:"trusted_devices_disabled"`

	// OrganizationsDisabled disables organizations: memberships and invitations are answered with 403
	// organization_not_enabled_in_instance.
	OrganizationsDisabled bool `json:"organizations_disabled"`
	// OAuthProviders are the providers, for example "oauth_google", whose tokens can be requested. For others the answer
	// is 404 oauth_token_provider_not_enabled. Nil means the providers at which any user has an account.
	OAuthProviders []string `json:"oauth_providers"`

	// Required are the request fields that a new user must have, for example "password" or "email_address". A missing one
	// is answered with 422 form_data_missing.
	Required []string `json:"required"`
	// Blocked are e-mail addresses and phone numbers, or endings of them, that are answered with 403 not_allowed_access.
	Blocked []string `json:"blocked"`
	// Pwned are passwords that are answered with 422 form_password_pwned, beside a few well-known ones.
	Pwned []string `json:"pwned"`
	// UsernameMinLength and UsernameMaxLength limit usernames. 0 means 4 and 64.
	UsernameMinLength int `json:"username_min_length"`
	UsernameMaxLength int `json:"username_max_length"`
	// DeleteSelfDisabled and CreateOrganizationDisabled set the defaults of new users.
	DeleteSelfDisabled         bool `json:"delete_self_disabled"`
	CreateOrganizationDisabled bool `json:"create_organization_disabled"`
}

const (
	developmentRateLimit = 100
	productionRateLimit  = 1000
	userRateLimit        = 10
	rateWindow           = 10 * time.Second

	developmentMaxUsers = 100
	// defaultLockout is the duration that Clerk's guide on user lockout names for new instances.
	defaultLockout         = time.Hour
	defaultLockoutAttempts = 10
)

// instanceRateLimit returns the number of requests per window; negative means no limit.
func (s Settings) instanceRateLimit(e Environment) int {
	switch {
	case s.InstanceRateLimit != 0:
		return s.InstanceRateLimit
	case e == Production:
		return productionRateLimit
	default:
		return developmentRateLimit
	}
}

// userRateLimit returns the number of writes to one user per window; negative means no limit.
func (s Settings) userRateLimit() int {
	if s.UserRateLimit != 0 {
		return s.UserRateLimit
	}
	return userRateLimit
}

// maxUsers returns the quota; negative means none.
func (s Settings) maxUsers(e Environment) int {
	switch {
	case s.MaxUsers != 0:
		return s.MaxUsers
	case e == Production:
		return -1
	default:
		return developmentMaxUsers
	}
}

// lockedUntil returns when a lock that is set now ends; zero means never.
func (s Settings) lockedUntil(now time.Time) time.Time {
	switch {
	case s.LockoutDuration < 0:
		return time.Time{}
	case s.LockoutDuration == 0:
		return now.Add(defaultLockout)
	default:
		return now.Add(s.LockoutDuration)
	}
}

// requires reports whether a user must have the request field.
func (s Settings) requires(field string) bool {
	return slices.Contains(s.Required, field)
}

// offers reports whether the attribute of a request field is enabled.
func (s Settings) offers(field string) bool {
	switch field {
	case "email_address", "email_address_identification_status", "primary_email_address_id":
		return !s.EmailDisabled
	case "phone_number", "phone_number_identification_status", "primary_phone_number_id":
		return !s.PhoneDisabled
	case "username":
		return !s.UsernameDisabled
	case "web3_wallet", "primary_web3_wallet_id":
		return !s.Web3Disabled
	case "password", "password_digest", "password_hasher":
		return !s.PasswordDisabled
	default:
		return true
	}
}
