// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// Rights are the calls that one caller may make, in pieces: code that receives a Reader cannot write. No type assertion
// turns one piece into another. Each method that writes takes an audit.Write, so that there is no write without an audit line that
// says for whom and why it was made.
type Rights struct {
	Reader  Reader
	Creator Creator
	Writer  Writer
	Deleter Deleter
	Actor   Actor
}

// For returns the rights of a caller. All calls wait for tokens of the instance's API budget in the caller's flow.
func (c *Connection) For(caller ratelimit.Caller) Rights {
	if c.rights != nil {
		return *c.rights
	}
	client := c.Client.For(caller)
	return Rights{
		Reader:  struct{ Reader }{client},
		Creator: creator{client},
		Writer:  writer{client},
		Deleter: deleter{client},
		Actor:   actor{client},
	}
}

// TokenReserver tells whether the next call could be made at once.
type TokenReserver interface {
	// Reserve takes the token for the next call. Its error says when a token is available; see clerk.Client.Reserve.
	Reserve() error
}

// Reader reads users at Clerk and changes nothing.
type Reader interface {
	User(ctx context.Context, id string) (*clerk.User, error)
	Listed(ctx context.Context, id string) (bool, error)
	UsersBy(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error)
	OrganizationReader
}

// OrganizationReader is the part of Reader for the organizations of a user.
type OrganizationReader interface {
	OrganizationMemberships(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationMemberships, error)
	OrganizationInvitations(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationInvitations, error)
}

// Creator creates users.
type Creator interface {
	TokenReserver
	CreateUser(ctx context.Context, w audit.Write, params clerk.CreateUserParams) (*clerk.User, error)
}

// Writer changes users that exist.
type Writer interface {
	TokenReserver
	ProfileWriter
	ImageWriter
	AccessWriter
	IdentifierWriter
}

// ProfileWriter is the part of Writer for the profile.
type ProfileWriter interface {
	UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error)
	MergeMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error)
	ReplaceMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error)
}

// ImageWriter is the part of Writer for the profile image.
type ImageWriter interface {
	SetProfileImage(ctx context.Context, w audit.Write, userID string, image clerk.ProfileImage) (*clerk.User, error)
	DeleteProfileImage(ctx context.Context, w audit.Write, userID string) (*clerk.User, error)
}

// AccessWriter is the part of Writer that withdraws and restores access.
type AccessWriter interface {
	BanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error)
	UnbanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error)
	LockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error)
	UnlockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error)
}

// IdentifierWriter is the part of Writer whose answers hold an identifier instead of the whole user.
type IdentifierWriter interface {
	CreateEmailAddress(ctx context.Context, w audit.Write, params clerk.CreateEmailAddressParams) (clerk.EmailAddress, error)
	UpdateEmailAddress(ctx context.Context, w audit.Write, id string, params clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error)
	DeleteEmailAddress(ctx context.Context, w audit.Write, id string) error
	CreatePhoneNumber(ctx context.Context, w audit.Write, params clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error)
	UpdatePhoneNumber(ctx context.Context, w audit.Write, id string, params clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error)
	DeletePhoneNumber(ctx context.Context, w audit.Write, id string) error
}

// Deleter deletes users.
type Deleter interface {
	TokenReserver
	DeleteUser(ctx context.Context, w audit.Write, id string) error
}

// Actor makes the calls of ClerkUserActions.
type Actor interface {
	TokenReserver
	CredentialChecker
	FactorDeleter
	PasswordActor
	UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error)
	OAuthAccessTokens(ctx context.Context, userID, provider string) ([]clerk.OAuthAccessToken, error)
	DeleteWeb3Wallet(ctx context.Context, w audit.Write, userID, walletID string) error
	DeleteExternalAccount(ctx context.Context, w audit.Write, userID, accountID string) error
}

// CredentialChecker is the part of Actor that checks a credential.
type CredentialChecker interface {
	VerifyPassword(ctx context.Context, w audit.Write, userID, password string) (bool, error)
	VerifyTOTP(ctx context.Context, w audit.Write, userID, code string) (clerk.TOTPVerification, error)
}

// FactorDeleter is the part of Actor that deletes factors.
type FactorDeleter interface {
	DisableMFA(ctx context.Context, w audit.Write, userID string) error
	DeleteBackupCodes(ctx context.Context, w audit.Write, userID string) error
	DeleteTOTP(ctx context.Context, w audit.Write, userID string) error
	DeletePasskey(ctx context.Context, w audit.Write, userID, passkeyID string) error
	RevokeTrustedDevice(ctx context.Context, w audit.Write, userID, deviceID string) error
}

// PasswordActor is the part of Actor for the user's password.
type PasswordActor interface {
	RemovePassword(ctx context.Context, w audit.Write, userID string, signOutOfOtherSessions bool) (*clerk.User, error)
	SetPasswordCompromised(ctx context.Context, w audit.Write, userID string, revokeSessions bool) (*clerk.User, error)
	UnsetPasswordCompromised(ctx context.Context, w audit.Write, userID string) (*clerk.User, error)
}
