// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	testPassword   = "correct-horse-9-battery"
	testTOTPSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	testBackupCode = "x7k29qpz"
)

// newAccount returns a user with a password, an authenticator and a backup code.
func newAccount(t *testing.T, w *environment) *clerk.User {
	t.Helper()
	return must2(t)(w.CreateUser(t.Context(), clerk.CreateUserParams{
		EmailAddresses: []clerk.NewIdentifier{{Value: "jane@example.com"}},
		Password:       new(clerk.NewSecret(testPassword)), TOTPSecret: new(clerk.NewSecret(testTOTPSecret)), BackupCodes: []clerk.Secret{clerk.NewSecret(testBackupCode), clerk.NewSecret("another1")},
	}))
}

func TestPasswordsAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	u := newAccount(t, w)
	if !u.PasswordEnabled || u.PasswordUpdatedAt.IsZero() {
		t.Errorf("created with password %t of %v", u.PasswordEnabled, u.PasswordUpdatedAt)
	}
	verify := func(password string, want bool) {
		t.Helper()
		if verified, err := w.VerifyPassword(ctx, u.ID, password); verified != want || err != nil {
			t.Errorf("verified %t, %v, want %t", verified, err, want)
		}
	}
	verify(testPassword, true)
	verify("wrong", false)
	changed := must2(t)(w.UpdateUser(ctx, u.ID, clerk.UpdateUserParams{
		Password: new(clerk.NewSecret("password")), SkipPasswordChecks: new(true), SignOutOfOtherSessions: new(true),
	}))
	if changed.PasswordUpdatedAt.Before(u.PasswordUpdatedAt) || w.instance.User(u.ID).SessionsRevokedAt.IsZero() {
		t.Errorf("password of %v, before %v", changed.PasswordUpdatedAt, u.PasswordUpdatedAt)
	}
	verify("password", true)
	_, err := w.UpdateUser(ctx, u.ID, clerk.UpdateUserParams{Password: new(clerk.NewSecret("password"))})
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Code != "form_password_pwned" || rejected.Param != "password" {
		t.Errorf("got %v, want that the password is known", err)
	}
	must2(t)(w.SetPasswordCompromised(ctx, u.ID, true))
	if !w.instance.User(u.ID).PasswordCompromised {
		t.Error("the password is not marked")
	}
	must2(t)(w.UnsetPasswordCompromised(ctx, u.ID))
	if w.instance.User(u.ID).PasswordCompromised {
		t.Error("the password is still marked")
	}
	if removed := must2(t)(w.RemovePassword(ctx, u.ID, false)); removed.PasswordEnabled || !removed.PasswordUpdatedAt.IsZero() {
		t.Errorf("after its removal there is a password %t of %v", removed.PasswordEnabled, removed.PasswordUpdatedAt)
	}
	must2(t)(w.RemovePassword(ctx, u.ID, true))
	_, err = w.VerifyPassword(ctx, u.ID, "password")
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Code != "no_password_set" {
		t.Errorf("got %v, want that there is none", err)
	}
}

func TestDigestAtTheEmulator(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t, emulator.Settings{})
	u := must2(t)(w.CreateUser(t.Context(), clerk.CreateUserParams{
		Username: new("digested"), PasswordHasher: new("bcrypt"),
		PasswordDigest: new(clerk.NewSecret("$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")),
	}))
	if !u.PasswordEnabled {
		t.Error("created without a password")
	}
	_, err := w.CreateUser(t.Context(), clerk.CreateUserParams{
		Username: new("undigested"), PasswordHasher: new("bcrypt"), PasswordDigest: new(clerk.NewSecret("no digest")),
	})
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Param != "password_digest" {
		t.Errorf("got %v, want that the digest is none", err)
	}
}

func TestSecondFactorsAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	u := newAccount(t, w)
	if !u.TOTPEnabled || !u.BackupCodeEnabled || !u.TwoFactorEnabled {
		t.Errorf("created with authenticator %t, backup codes %t", u.TOTPEnabled, u.BackupCodeEnabled)
	}
	code, err := totp.GenerateCode(testTOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		code string
		want clerk.TOTPVerification
	}{
		{code, clerk.TOTPVerification{Verified: true, CodeType: "totp"}},
		{testBackupCode, clerk.TOTPVerification{Verified: true, CodeType: "backup_code"}},
		{testBackupCode, clerk.TOTPVerification{}},
		{"12", clerk.TOTPVerification{}},
		{"abcdef", clerk.TOTPVerification{}},
	} {
		if got, err := w.VerifyTOTP(ctx, u.ID, step.code); got != step.want || err != nil {
			t.Errorf("%s: got %+v, %v, want %+v", step.code, got, err, step.want)
		}
	}
	check := func(err error, authenticator, backupCodes bool) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		if now := w.instance.User(u.ID); now.TOTPEnabled != authenticator || now.BackupCodeEnabled != backupCodes {
			t.Errorf("authenticator %t, backup codes %t", now.TOTPEnabled, now.BackupCodeEnabled)
		}
	}
	check(w.DeleteBackupCodes(ctx, u.ID), true, false)
	check(w.DeleteTOTP(ctx, u.ID), false, false)
	_, err = w.VerifyTOTP(ctx, u.ID, code)
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Code != "totp_disabled" {
		t.Errorf("got %v, want that there is no authenticator", err)
	}
	if again := must2(t)(w.UpdateUser(ctx, u.ID, clerk.UpdateUserParams{TOTPSecret: new(clerk.NewSecret(testTOTPSecret))})); !again.TOTPEnabled {
		t.Error("no authenticator after an update")
	}
	check(w.DisableMFA(ctx, u.ID), false, false)
	_, err = w.UpdateUser(ctx, u.ID, clerk.UpdateUserParams{TOTPSecret: new(clerk.NewSecret("not base32!"))})
	if rejected, ok := clerk.Rejected(err); !ok || clerk.Remedy(rejected) == clerk.Remedy(&clerk.Error{}) {
		t.Errorf("got %v, want a refusal with a remedy", err)
	}
}

func TestImagesAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	u := newAccount(t, w)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	if none, err := w.DeleteProfileImage(ctx, u.ID); none != nil || err != nil {
		t.Errorf("deleting no image: %v, %v", none, err)
	}
	set := must2(t)(w.SetProfileImage(ctx, u.ID, clerk.ProfileImage{ContentType: "image/png", Content: clerk.NewSecret(picture.Bytes())}))
	if kept := w.instance.User(u.ID).Image; !set.HasImage || kept == nil || kept.Size != picture.Len() {
		t.Errorf("image %t, kept as %+v", set.HasImage, kept)
	}
	_, err := w.SetProfileImage(ctx, u.ID, clerk.ProfileImage{ContentType: "image/png", Content: clerk.NewSecret("no picture")})
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Param != "file" {
		t.Errorf("got %v, want that it is no image", err)
	}
	_, err = w.SetProfileImage(ctx, u.ID, clerk.ProfileImage{ContentType: "image/png", Content: clerk.NewSecret(make([]byte, 11<<20))})
	if rejected, ok := clerk.Rejected(err); !ok || rejected.Code != "image_too_large" || rejected.Param != "file" {
		t.Errorf("got %v, want that it is too large", err)
	}
	if removed := must2(t)(w.DeleteProfileImage(ctx, u.ID)); removed.HasImage {
		t.Error("the image is still there")
	}
	if _, err := w.DeleteProfileImage(ctx, "user_nobody"); !clerk.IsNotFound(err) {
		t.Errorf("got %v, want that there is no such user", err)
	}
}

// seeded returns a user with everything that cannot be made through the API.
func seeded(w *environment) *emulator.User {
	return w.instance.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{{EmailAddress: "seeded@example.com"}},
		Passkeys:       []emulator.Passkey{{Name: "laptop"}},
		Web3Wallets:    []emulator.Web3Wallet{{Web3Wallet: "0xab5801a7d398351b8be11c439e05c5b3259aec9b"}},
		TrustedDevices: []emulator.TrustedDevice{{}},
		ExternalAccounts: []emulator.ExternalAccount{
			{Provider: "oauth_google", ApprovedScopes: "email profile", Token: &emulator.OAuthToken{Token: "t1", IDToken: "i1"}},
			{Provider: "oauth_github", Token: &emulator.OAuthToken{
				Token: "t2", ExpiresAt: new(int64(1)), Refresh: emulator.RefreshImpossible,
			}},
		},
		OrganizationMemberships: []emulator.OrganizationMembership{
			{Role: "org:admin", Organization: emulator.Organization{ID: "org_1", Name: "Acme", Slug: "acme"}},
			{Organization: emulator.Organization{ID: "org_2"}},
		},
		OrganizationInvitations: []emulator.OrganizationInvitation{{OrganizationID: "org_3", Status: "revoked"}},
	})
}

func TestPartsOfAUserAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	has := seeded(w)
	u := must2(t)(w.User(ctx, has.ID))
	google, github := has.ExternalAccounts[0].ExternalAccountID, has.ExternalAccounts[1].ID
	want := []clerk.ExternalAccount{{ID: google, Provider: "oauth_google"}, {ID: github, Provider: "oauth_github"}}
	if diff := cmp.Diff(want, u.ExternalAccounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	parts := map[string]func() error{
		"passkey": func() error { return w.DeletePasskey(ctx, u.ID, has.Passkeys[0].ID) },
		"wallet":  func() error { return w.DeleteWeb3Wallet(ctx, u.ID, has.Web3Wallets[0].ID) },
		"account": func() error { return w.DeleteExternalAccount(ctx, u.ID, google) },
		"device":  func() error { return w.RevokeTrustedDevice(ctx, u.ID, has.TrustedDevices[0].ID) },
	}
	for name, remove := range parts {
		if err := remove(); err != nil {
			t.Errorf("removing the %s: %v", name, err)
		}
		if err := remove(); !clerk.IsNotFound(err) {
			t.Errorf("removing the %s again: %v", name, err)
		}
	}
	if now := must2(t)(w.User(ctx, has.ID)); len(now.Web3Wallets) != 0 || len(now.ExternalAccounts) != 1 {
		t.Errorf("%d wallets and %d accounts are left", len(now.Web3Wallets), len(now.ExternalAccounts))
	}
}

func TestOAuthTokensAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	has := seeded(w)
	tokens, err := w.OAuthAccessTokens(ctx, has.ID, "oauth_google")
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens, %v, want one", len(tokens), err)
	}
	got := tokens[0]
	if got.Token.Reveal() != "t1" || got.IDToken.Reveal() != "i1" || got.ExternalAccountID != has.ExternalAccounts[0].ExternalAccountID ||
		got.Provider != "oauth_google" || !cmp.Equal(got.Scopes, []string{"email", "profile"}) || !got.ExpiresAt.IsZero() {
		t.Error("the token is not the one that was given")
	}
	for _, provider := range []string{"oauth_github", "oauth_unheard_of"} {
		if _, err := w.OAuthAccessTokens(ctx, has.ID, provider); !clerk.ProviderNotConnected(err) {
			t.Errorf("%s: got %v, want that it is not connected", provider, err)
		}
	}
	if _, err := w.OAuthAccessTokens(ctx, "user_nobody", "oauth_google"); !clerk.IsNotFound(err) || clerk.ProviderNotConnected(err) {
		t.Errorf("got %v, want that there is no such user", err)
	}
}

func TestOrganizationsAtTheEmulator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	id := seeded(w).ID
	memberships, err := w.OrganizationMemberships(ctx, id, 1, 0)
	if err != nil || memberships.Total != 2 || len(memberships.Items) != 1 {
		t.Fatalf("got %+v, %v, want one of two", memberships, err)
	}
	rest, err := w.OrganizationMemberships(ctx, id, 500, 1)
	if err != nil || rest.Total != 2 || len(rest.Items) != 1 {
		t.Fatalf("got %+v, %v, want the other of two", rest, err)
	}
	roles := map[string]string{}
	for _, m := range append(memberships.Items, rest.Items...) {
		roles[m.OrganizationID] = m.Role
		if m.ID == "" || m.OrganizationName == "" || m.OrganizationSlug == "" || m.CreatedAt.IsZero() {
			t.Errorf("membership %+v", m)
		}
	}
	if diff := cmp.Diff(map[string]string{"org_1": "org:admin", "org_2": "org:member"}, roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	invitations, err := w.OrganizationInvitations(ctx, id, 10, 0)
	if err != nil || invitations.Total != 1 || len(invitations.Items) != 1 {
		t.Fatalf("got %+v, %v, want one", invitations, err)
	}
	got := invitations.Items[0]
	want := clerk.OrganizationInvitation{
		ID: got.ID, OrganizationID: "org_3", EmailAddress: "seeded@example.com", Role: "org:member", Status: "revoked",
		CreatedAt: got.CreatedAt,
	}
	if got != want || got.ID == "" || got.CreatedAt.IsZero() {
		t.Errorf("invitation %+v", got)
	}
	w.instance.Configure(func(s *emulator.Settings) { s.OrganizationsDisabled = true })
	if _, err = w.OrganizationMemberships(ctx, id, 10, 0); err == nil {
		t.Error("memberships of an instance without organizations")
	}
	if rejected, ok := clerk.Rejected(err); !ok || clerk.Remedy(rejected) == clerk.Remedy(&clerk.Error{}) {
		t.Errorf("got %v, want a refusal with a remedy", err)
	}
}
