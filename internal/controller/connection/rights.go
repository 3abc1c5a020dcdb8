// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// Rights are the calls that one caller may make, in pieces: code that receives a Reader cannot write. No type assertion
// turns one piece into another.
type Rights struct {
	Reader  Reader
	Creator Creator
	Writer  Writer
	Deleter Deleter
	Actor   Actor
}

// For returns the rights of a caller. All calls wait for tokens of the instance's API budget in the caller's flow.
func (c *Connection) For(caller ratelimit.Caller) Rights {
	client := c.Client.For(caller)
	return Rights{
		Reader:  struct{ Reader }{client},
		Creator: struct{ Creator }{client},
		Writer:  struct{ Writer }{client},
		Deleter: struct{ Deleter }{client},
		Actor:   struct{ Actor }{client},
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
	CreateUser(ctx context.Context, params clerk.CreateUserParams) (*clerk.User, error)
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
	UpdateUser(ctx context.Context, id string, params clerk.UpdateUserParams) (*clerk.User, error)
	MergeMetadata(ctx context.Context, id string, params clerk.MetadataParams) (*clerk.User, error)
	ReplaceMetadata(ctx context.Context, id string, params clerk.MetadataParams) (*clerk.User, error)
}

// ImageWriter is the part of Writer for the profile image.
type ImageWriter interface {
	SetProfileImage(ctx context.Context, userID string, image clerk.ProfileImage) (*clerk.User, error)
	DeleteProfileImage(ctx context.Context, userID string) (*clerk.User, error)
}

// AccessWriter is the part of Writer that withdraws and restores access.
type AccessWriter interface {
	BanUser(ctx context.Context, id string) (*clerk.User, error)
	UnbanUser(ctx context.Context, id string) (*clerk.User, error)
	LockUser(ctx context.Context, id string) (*clerk.User, error)
	UnlockUser(ctx context.Context, id string) (*clerk.User, error)
}

// IdentifierWriter is the part of Writer whose answers hold an identifier instead of the whole user.
type IdentifierWriter interface {
	CreateEmailAddress(ctx context.Context, params clerk.CreateEmailAddressParams) (clerk.EmailAddress, error)
	UpdateEmailAddress(ctx context.Context, id string, params clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error)
	DeleteEmailAddress(ctx context.Context, id string) error
	CreatePhoneNumber(ctx context.Context, params clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error)
	UpdatePhoneNumber(ctx context.Context, id string, params clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error)
	DeletePhoneNumber(ctx context.Context, id string) error
}

// Deleter deletes users.
type Deleter interface {
	TokenReserver
	DeleteUser(ctx context.Context, id string) error
}

// Actor makes the calls of ClerkUserActions.
type Actor interface {
	TokenReserver
	CredentialChecker
	FactorDeleter
	PasswordActor
	UpdateUser(ctx context.Context, id string, params clerk.UpdateUserParams) (*clerk.User, error)
	OAuthAccessTokens(ctx context.Context, userID, provider string) ([]clerk.OAuthAccessToken, error)
	DeleteWeb3Wallet(ctx context.Context, userID, walletID string) error
	DeleteExternalAccount(ctx context.Context, userID, accountID string) error
}

// CredentialChecker is the part of Actor that checks a credential.
type CredentialChecker interface {
	VerifyPassword(ctx context.Context, userID, password string) (bool, error)
	VerifyTOTP(ctx context.Context, userID, code string) (clerk.TOTPVerification, error)
}

// FactorDeleter is the part of Actor that deletes factors.
type FactorDeleter interface {
	DisableMFA(ctx context.Context, userID string) error
	DeleteBackupCodes(ctx context.Context, userID string) error
	DeleteTOTP(ctx context.Context, userID string) error
	DeletePasskey(ctx context.Context, userID, passkeyID string) error
	RevokeTrustedDevice(ctx context.Context, userID, deviceID string) error
}

// PasswordActor is the part of Actor for the user's password.
type PasswordActor interface {
	RemovePassword(ctx context.Context, userID string, signOutOfOtherSessions bool) (*clerk.User, error)
	SetPasswordCompromised(ctx context.Context, userID string, revokeSessions bool) (*clerk.User, error)
	UnsetPasswordCompromised(ctx context.Context, userID string) (*clerk.User, error)
}
