// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
)

// creator, writer, deleter and actor are the rights that write. Each write tells the connection's observer for whom it is made.
type (
	creator struct{ client *clerk.Client }
	writer  struct{ client *clerk.Client }
	deleter struct{ client *clerk.Client }
	actor   struct{ client *clerk.Client }
)

// Reserve calls clerk.Client.Reserve.
func (r creator) Reserve() error { return r.client.Reserve() }

// Reserve calls clerk.Client.Reserve.
func (r writer) Reserve() error { return r.client.Reserve() }

// Reserve calls clerk.Client.Reserve.
func (r deleter) Reserve() error { return r.client.Reserve() }

// Reserve calls clerk.Client.Reserve.
func (r actor) Reserve() error { return r.client.Reserve() }

// CreateUser calls clerk.Client.CreateUser.
func (r creator) CreateUser(ctx context.Context, w audit.Write, params clerk.CreateUserParams) (*clerk.User, error) {
	return r.client.CreateUser(audit.With(ctx, w), params)
}

// UpdateUser calls clerk.Client.UpdateUser.
func (r writer) UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error) {
	return r.client.UpdateUser(audit.With(ctx, w), id, params)
}

// MergeMetadata calls clerk.Client.MergeMetadata.
func (r writer) MergeMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error) {
	return r.client.MergeMetadata(audit.With(ctx, w), id, params)
}

// ReplaceMetadata calls clerk.Client.ReplaceMetadata.
func (r writer) ReplaceMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error) {
	return r.client.ReplaceMetadata(audit.With(ctx, w), id, params)
}

// SetProfileImage calls clerk.Client.SetProfileImage.
func (r writer) SetProfileImage(ctx context.Context, w audit.Write, userID string, image clerk.ProfileImage) (*clerk.User, error) {
	return r.client.SetProfileImage(audit.With(ctx, w), userID, image)
}

// DeleteProfileImage calls clerk.Client.DeleteProfileImage.
func (r writer) DeleteProfileImage(ctx context.Context, w audit.Write, userID string) (*clerk.User, error) {
	return r.client.DeleteProfileImage(audit.With(ctx, w), userID)
}

// BanUser calls clerk.Client.BanUser.
func (r writer) BanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.BanUser(audit.With(ctx, w), id)
}

// UnbanUser calls clerk.Client.UnbanUser.
func (r writer) UnbanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.UnbanUser(audit.With(ctx, w), id)
}

// LockUser calls clerk.Client.LockUser.
func (r writer) LockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.LockUser(audit.With(ctx, w), id)
}

// UnlockUser calls clerk.Client.UnlockUser.
func (r writer) UnlockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.UnlockUser(audit.With(ctx, w), id)
}

// CreateEmailAddress calls clerk.Client.CreateEmailAddress.
func (r writer) CreateEmailAddress(ctx context.Context, w audit.Write, params clerk.CreateEmailAddressParams) (clerk.EmailAddress, error) {
	return r.client.CreateEmailAddress(audit.With(ctx, w), params)
}

// UpdateEmailAddress calls clerk.Client.UpdateEmailAddress.
func (r writer) UpdateEmailAddress(ctx context.Context, w audit.Write, id string, params clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error) {
	return r.client.UpdateEmailAddress(audit.With(ctx, w), id, params)
}

// DeleteEmailAddress calls clerk.Client.DeleteEmailAddress.
func (r writer) DeleteEmailAddress(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeleteEmailAddress(audit.With(ctx, w), id)
}

// CreatePhoneNumber calls clerk.Client.CreatePhoneNumber.
func (r writer) CreatePhoneNumber(ctx context.Context, w audit.Write, params clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return r.client.CreatePhoneNumber(audit.With(ctx, w), params)
}

// UpdatePhoneNumber calls clerk.Client.UpdatePhoneNumber.
func (r writer) UpdatePhoneNumber(ctx context.Context, w audit.Write, id string, params clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return r.client.UpdatePhoneNumber(audit.With(ctx, w), id, params)
}

// DeletePhoneNumber calls clerk.Client.DeletePhoneNumber.
func (r writer) DeletePhoneNumber(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeletePhoneNumber(audit.With(ctx, w), id)
}

// DeleteUser calls clerk.Client.DeleteUser.
func (r deleter) DeleteUser(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeleteUser(audit.With(ctx, w), id)
}

// VerifyPassword calls clerk.Client.VerifyPassword.
func (r actor) VerifyPassword(ctx context.Context, w audit.Write, userID, password string) (bool, error) {
	return r.client.VerifyPassword(audit.With(ctx, w), userID, password)
}

// VerifyTOTP calls clerk.Client.VerifyTOTP.
func (r actor) VerifyTOTP(ctx context.Context, w audit.Write, userID, code string) (clerk.TOTPVerification, error) {
	return r.client.VerifyTOTP(audit.With(ctx, w), userID, code)
}

// DisableMFA calls clerk.Client.DisableMFA.
func (r actor) DisableMFA(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DisableMFA(audit.With(ctx, w), userID)
}

// DeleteBackupCodes calls clerk.Client.DeleteBackupCodes.
func (r actor) DeleteBackupCodes(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DeleteBackupCodes(audit.With(ctx, w), userID)
}

// DeleteTOTP calls clerk.Client.DeleteTOTP.
func (r actor) DeleteTOTP(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DeleteTOTP(audit.With(ctx, w), userID)
}

// DeletePasskey calls clerk.Client.DeletePasskey.
func (r actor) DeletePasskey(ctx context.Context, w audit.Write, userID, passkeyID string) error {
	return r.client.DeletePasskey(audit.With(ctx, w), userID, passkeyID)
}

// RevokeTrustedDevice calls clerk.Client.RevokeTrustedDevice.
func (r actor) RevokeTrustedDevice(ctx context.Context, w audit.Write, userID, deviceID string) error {
	return r.client.RevokeTrustedDevice(audit.With(ctx, w), userID, deviceID)
}

// RemovePassword calls clerk.Client.RemovePassword.
func (r actor) RemovePassword(ctx context.Context, w audit.Write, userID string, signOutOfOtherSessions bool) (*clerk.User, error) {
	return r.client.RemovePassword(audit.With(ctx, w), userID, signOutOfOtherSessions)
}

// SetPasswordCompromised calls clerk.Client.SetPasswordCompromised.
func (r actor) SetPasswordCompromised(ctx context.Context, w audit.Write, userID string, revokeSessions bool) (*clerk.User, error) {
	return r.client.SetPasswordCompromised(audit.With(ctx, w), userID, revokeSessions)
}

// UnsetPasswordCompromised calls clerk.Client.UnsetPasswordCompromised.
func (r actor) UnsetPasswordCompromised(ctx context.Context, w audit.Write, userID string) (*clerk.User, error) {
	return r.client.UnsetPasswordCompromised(audit.With(ctx, w), userID)
}

// UpdateUser calls clerk.Client.UpdateUser.
func (r actor) UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error) {
	return r.client.UpdateUser(audit.With(ctx, w), id, params)
}

// OAuthAccessTokens calls clerk.Client.OAuthAccessTokens.
func (r actor) OAuthAccessTokens(ctx context.Context, userID, provider string) ([]clerk.OAuthAccessToken, error) {
	return r.client.OAuthAccessTokens(ctx, userID, provider)
}

// DeleteWeb3Wallet calls clerk.Client.DeleteWeb3Wallet.
func (r actor) DeleteWeb3Wallet(ctx context.Context, w audit.Write, userID, walletID string) error {
	return r.client.DeleteWeb3Wallet(audit.With(ctx, w), userID, walletID)
}

// DeleteExternalAccount calls clerk.Client.DeleteExternalAccount.
func (r actor) DeleteExternalAccount(ctx context.Context, w audit.Write, userID, accountID string) error {
	return r.client.DeleteExternalAccount(audit.With(ctx, w), userID, accountID)
}
