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

func (r creator) Reserve() error { return r.client.Reserve() }
func (r writer) Reserve() error  { return r.client.Reserve() }
func (r deleter) Reserve() error { return r.client.Reserve() }
func (r actor) Reserve() error   { return r.client.Reserve() }

func (r creator) CreateUser(ctx context.Context, w audit.Write, params clerk.CreateUserParams) (*clerk.User, error) {
	return r.client.CreateUser(audit.With(ctx, w), params)
}

func (r writer) UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error) {
	return r.client.UpdateUser(audit.With(ctx, w), id, params)
}

func (r writer) MergeMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error) {
	return r.client.MergeMetadata(audit.With(ctx, w), id, params)
}

func (r writer) ReplaceMetadata(ctx context.Context, w audit.Write, id string, params clerk.MetadataParams) (*clerk.User, error) {
	return r.client.ReplaceMetadata(audit.With(ctx, w), id, params)
}

func (r writer) SetProfileImage(ctx context.Context, w audit.Write, userID string, image clerk.ProfileImage) (*clerk.User, error) {
	return r.client.SetProfileImage(audit.With(ctx, w), userID, image)
}

func (r writer) DeleteProfileImage(ctx context.Context, w audit.Write, userID string) (*clerk.User, error) {
	return r.client.DeleteProfileImage(audit.With(ctx, w), userID)
}

func (r writer) BanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.BanUser(audit.With(ctx, w), id)
}

func (r writer) UnbanUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.UnbanUser(audit.With(ctx, w), id)
}

func (r writer) LockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.LockUser(audit.With(ctx, w), id)
}

func (r writer) UnlockUser(ctx context.Context, w audit.Write, id string) (*clerk.User, error) {
	return r.client.UnlockUser(audit.With(ctx, w), id)
}

func (r writer) CreateEmailAddress(ctx context.Context, w audit.Write, params clerk.CreateEmailAddressParams) (clerk.EmailAddress, error) {
	return r.client.CreateEmailAddress(audit.With(ctx, w), params)
}

func (r writer) UpdateEmailAddress(ctx context.Context, w audit.Write, id string, params clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error) {
	return r.client.UpdateEmailAddress(audit.With(ctx, w), id, params)
}

func (r writer) DeleteEmailAddress(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeleteEmailAddress(audit.With(ctx, w), id)
}

func (r writer) CreatePhoneNumber(ctx context.Context, w audit.Write, params clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return r.client.CreatePhoneNumber(audit.With(ctx, w), params)
}

func (r writer) UpdatePhoneNumber(ctx context.Context, w audit.Write, id string, params clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return r.client.UpdatePhoneNumber(audit.With(ctx, w), id, params)
}

func (r writer) DeletePhoneNumber(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeletePhoneNumber(audit.With(ctx, w), id)
}

func (r deleter) DeleteUser(ctx context.Context, w audit.Write, id string) error {
	return r.client.DeleteUser(audit.With(ctx, w), id)
}

func (r actor) VerifyPassword(ctx context.Context, w audit.Write, userID, password string) (bool, error) {
	return r.client.VerifyPassword(audit.With(ctx, w), userID, password)
}

func (r actor) VerifyTOTP(ctx context.Context, w audit.Write, userID, code string) (clerk.TOTPVerification, error) {
	return r.client.VerifyTOTP(audit.With(ctx, w), userID, code)
}

func (r actor) DisableMFA(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DisableMFA(audit.With(ctx, w), userID)
}

func (r actor) DeleteBackupCodes(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DeleteBackupCodes(audit.With(ctx, w), userID)
}

func (r actor) DeleteTOTP(ctx context.Context, w audit.Write, userID string) error {
	return r.client.DeleteTOTP(audit.With(ctx, w), userID)
}

func (r actor) DeletePasskey(ctx context.Context, w audit.Write, userID, passkeyID string) error {
	return r.client.DeletePasskey(audit.With(ctx, w), userID, passkeyID)
}

func (r actor) RevokeTrustedDevice(ctx context.Context, w audit.Write, userID, deviceID string) error {
	return r.client.RevokeTrustedDevice(audit.With(ctx, w), userID, deviceID)
}

func (r actor) RemovePassword(ctx context.Context, w audit.Write, userID string, signOutOfOtherSessions bool) (*clerk.User, error) {
	return r.client.RemovePassword(audit.With(ctx, w), userID, signOutOfOtherSessions)
}

func (r actor) SetPasswordCompromised(ctx context.Context, w audit.Write, userID string, revokeSessions bool) (*clerk.User, error) {
	return r.client.SetPasswordCompromised(audit.With(ctx, w), userID, revokeSessions)
}

func (r actor) UnsetPasswordCompromised(ctx context.Context, w audit.Write, userID string) (*clerk.User, error) {
	return r.client.UnsetPasswordCompromised(audit.With(ctx, w), userID)
}

func (r actor) UpdateUser(ctx context.Context, w audit.Write, id string, params clerk.UpdateUserParams) (*clerk.User, error) {
	return r.client.UpdateUser(audit.With(ctx, w), id, params)
}

func (r actor) OAuthAccessTokens(ctx context.Context, userID, provider string) ([]clerk.OAuthAccessToken, error) {
	return r.client.OAuthAccessTokens(ctx, userID, provider)
}

func (r actor) DeleteWeb3Wallet(ctx context.Context, w audit.Write, userID, walletID string) error {
	return r.client.DeleteWeb3Wallet(audit.With(ctx, w), userID, walletID)
}

func (r actor) DeleteExternalAccount(ctx context.Context, w audit.Write, userID, accountID string) error {
	return r.client.DeleteExternalAccount(audit.With(ctx, w), userID, accountID)
}
