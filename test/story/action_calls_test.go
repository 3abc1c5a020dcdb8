// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	annsPassword = "quite-Long-And-1-Only"
	annsSecret   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	annsCode     = "backup-4711"
	annsToken    = "ya29.token-of-ann"
	annsPasskey  = "idn_2Passkey"
	annsWallet   = "idn_2Wallet"
	annsAccount  = "eac_2Google"
	annsDevice   = "tdev_2Phone"
	annsAddress  = "0x52908400098527886e0f7030069857d2e4169ee7"
)

// equipped gives a user everything that actions are about.
func equipped(u *emulator.User) {
	u.Credentials.Password, u.PasswordEnabled = annsPassword, true
	u.Credentials.TOTPSecret, u.Credentials.BackupCodes = annsSecret, []string{annsCode, "backup-4712"}
	u.Passkeys = []emulator.Passkey{{ID: annsPasskey, Name: "laptop"}}
	u.Web3Wallets = []emulator.Web3Wallet{{ID: annsWallet, Web3Wallet: annsAddress}}
	u.ExternalAccounts = []emulator.ExternalAccount{{
		ExternalAccountID: annsAccount, Provider: "oauth_google", EmailAddress: address("ann"), ApprovedScopes: "email openid",
		Token: &emulator.OAuthToken{Token: annsToken, IDToken: "id-token-of-ann", ExpiresAt: ptr.To[int64](33_000_000_000_000)},
	}}
	u.TrustedDevices = []emulator.TrustedDevice{{ID: annsDevice}}
}

// newActionEnvironment makes an environment that allows every action, in which ClerkUser ann is bound to a user that is equipped for all of
// them.
func newActionEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	env := newRunningEnvironment(t, append([]func(*v1alpha1.ClerkInstance){allowsAll}, change...)...)
	env.createAnn()
	return env
}

// createAnn creates the ClerkUser ann and gives its user credentials.
func (env *environment) createAnn() {
	env.t.Helper()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", equipped)
	// What Clerk does not have is believed only long after a write.
	env.server.Clock().Advance(2 * lagTime)
}

// Actions as manifests have them.
func disablesMFA(s *actionSpec)  { s.DisableMFA = &v1alpha1.NoParameters{} }
func deletesTOTP(s *actionSpec)  { s.DeleteTOTP = &v1alpha1.NoParameters{} }
func deletesCodes(s *actionSpec) { s.DeleteBackupCodes = &v1alpha1.NoParameters{} }
func createsTOTP(s *actionSpec)  { s.CreateTOTP = &v1alpha1.OutputSecret{SecretName: "ann-totp"} }
func unsetsCompromised(s *actionSpec) {
	s.UnsetPasswordCompromised = &v1alpha1.NoParameters{}
}

func verifiesPassword(s *actionSpec) {
	s.VerifyPassword = &v1alpha1.SecretValue{SecretKeyRef: at("input", "password")}
}

func verifiesCode(s *actionSpec) {
	s.VerifyTOTP = &v1alpha1.SecretValue{SecretKeyRef: at("input", "code")}
}

func deletesPasskey(s *actionSpec) {
	s.DeletePasskey = &v1alpha1.PasskeyDeletion{ID: annsPasskey}
}

func deletesWallet(s *actionSpec) {
	s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: ptr.To(annsWallet)}
}

func deletesWalletByAddress(s *actionSpec) {
	s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{Address: ptr.To("0x52908400098527886E0F7030069857D2E4169EE7")}
}

func deletesAccount(s *actionSpec) {
	s.DeleteExternalAccount = &v1alpha1.ExternalAccountDeletion{ID: ptr.To(annsAccount)}
}

func deletesAccountAt(provider string) func(*actionSpec) {
	return func(s *actionSpec) { s.DeleteExternalAccount = &v1alpha1.ExternalAccountDeletion{Provider: &provider} }
}

func getsTokenFor(provider string) func(*actionSpec) {
	return func(s *actionSpec) {
		s.GetOAuthAccessToken = &v1alpha1.AccessTokenRequest{
			Provider: provider, OutputSecret: v1alpha1.OutputSecret{SecretName: "ann-token"},
		}
	}
}

func removesPassword(s *actionSpec) {
	s.RemovePassword = &v1alpha1.PasswordRemoval{SignOutOfOtherSessions: ptr.To(true)}
}

func revokesDevice(s *actionSpec) {
	s.RevokeTrustedDevice = &v1alpha1.TrustedDeviceRevocation{ID: annsDevice}
}

func setsCompromised(s *actionSpec) {
	s.SetPasswordCompromised = &v1alpha1.PasswordCompromise{RevokeSessions: ptr.To(true)}
}

// TestEveryActionIsOneCall reaches every action through a manifest, and finds its one call in the journal and what it did at Clerk.
func TestEveryActionIsOneCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set          func(*actionSpec)
		method, path string
		holds        func(*emulator.User) bool
		result       *v1alpha1.ActionResult
	}{
		"VerifyPassword": {
			verifiesPassword, "POST", "/users/*/verify_password",
			func(u *emulator.User) bool { return u.PasswordEnabled }, &v1alpha1.ActionResult{Verified: ptr.To(true)},
		},
		"VerifyTOTP": {
			verifiesCode, "POST", "/users/*/verify_totp",
			func(u *emulator.User) bool { return len(u.Credentials.BackupCodes) == 1 },
			&v1alpha1.ActionResult{Verified: ptr.To(true), CodeType: "backup_code"},
		},
		"DisableMFA": {
			disablesMFA, "DELETE", "/users/*/mfa",
			func(u *emulator.User) bool { return !u.TwoFactorEnabled && !u.TOTPEnabled && !u.BackupCodeEnabled }, nil,
		},
		"DeleteBackupCodes": {
			deletesCodes, "DELETE", "/users/*/backup_code",
			func(u *emulator.User) bool { return !u.BackupCodeEnabled && u.TOTPEnabled }, nil,
		},
		"DeletePasskey": {
			deletesPasskey, "DELETE", "/users/*/passkeys/" + annsPasskey,
			func(u *emulator.User) bool { return len(u.Passkeys) == 0 }, nil,
		},
		"DeleteWeb3Wallet": {
			deletesWallet, "DELETE", "/users/*/web3_wallets/" + annsWallet,
			func(u *emulator.User) bool { return len(u.Web3Wallets) == 0 }, nil,
		},
		"DeleteWeb3WalletByAddress": {
			deletesWalletByAddress, "DELETE", "/users/*/web3_wallets/" + annsWallet,
			func(u *emulator.User) bool { return len(u.Web3Wallets) == 0 }, nil,
		},
		"DeleteTOTP": {
			deletesTOTP, "DELETE", "/users/*/totp",
			func(u *emulator.User) bool { return !u.TOTPEnabled && u.BackupCodeEnabled }, nil,
		},
		"CreateTOTP": {
			createsTOTP, "PATCH", "/users/*",
			func(u *emulator.User) bool { return u.TOTPEnabled && u.Credentials.TOTPSecret != annsSecret },
			&v1alpha1.ActionResult{SecretName: "ann-totp"},
		},
		"DeleteExternalAccount": {
			deletesAccount, "DELETE", "/users/*/external_accounts/" + annsAccount,
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 0 }, nil,
		},
		"DeleteExternalAccountByProvider": {
			deletesAccountAt("oauth_google"), "DELETE", "/users/*/external_accounts/" + annsAccount,
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 0 }, nil,
		},
		"DeleteExternalAccountByShortProvider": {
			deletesAccountAt("google"), "DELETE", "/users/*/external_accounts/" + annsAccount,
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 0 }, nil,
		},
		"GetOAuthAccessToken": {
			getsTokenFor("oauth_google"), "GET", "/users/*/oauth_access_tokens/oauth_google",
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 1 }, &v1alpha1.ActionResult{SecretName: "ann-token"},
		},
		"RemovePassword": {
			removesPassword, "POST", "/users/*/remove_password",
			func(u *emulator.User) bool { return !u.PasswordEnabled && !u.SessionsRevokedAt.IsZero() }, nil,
		},
		"RevokeTrustedDevice": {
			revokesDevice, "DELETE", "/users/*/trusted_devices/" + annsDevice,
			func(u *emulator.User) bool { return u.TrustedDevices[0].Status == "revoked" }, nil,
		},
		"SetPasswordCompromised": {
			setsCompromised, "POST", "/users/*/password/set_compromised",
			func(u *emulator.User) bool { return u.PasswordCompromised && !u.SessionsRevokedAt.IsZero() }, nil,
		},
		"UnsetPasswordCompromised": {
			unsetsCompromised, "POST", "/users/*/password/unset_compromised",
			func(u *emulator.User) bool { return !u.PasswordCompromised && u.SessionsRevokedAt.IsZero() }, nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			if name == "UnsetPasswordCompromised" {
				env.editAtClerk("ann", func(u *emulator.User) { u.PasswordCompromised = true })
			}
			env.putInputSecret()
			env.runAction("action", "ann", tc.set)
			done := env.expectComplete("action")
			env.expectCalls(1, tc.method, tc.path)
			if u := env.atClerk("ann"); !tc.holds(u) {
				t.Errorf("the user at Clerk is %+v", u)
			}
			if diff := cmp.Diff(tc.result, done.Status.Result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if done.Status.UserID != env.read("ann").Status.UserID || done.Status.Instance == nil || done.Status.StartedAt == nil {
				t.Errorf("the status does not say on whom it was: %+v", done.Status)
			}
			env.expectEvent("action", v1alpha1.EventActionComplete)
			env.expectEvent("ann", v1alpha1.EventActionComplete)
			env.expectNoWrites()
			env.expectCalls(1, tc.method, tc.path)
		})
	}
}

// putInputSecret puts ann's password and a backup code, as an editor leaves them behind, into a Secret.
func (env *environment) putInputSecret() {
	env.t.Helper()
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "input"},
		Data:       map[string][]byte{"password": []byte(annsPassword), "code": []byte(" " + annsCode + "\n")},
	})
}

func TestCreatedAuthenticatorMakesCodesThatClerkAccepts(t *testing.T) {
	env := newActionEnvironment(t)
	env.runAction("create", "ann", createsTOTP)
	env.expectComplete("create")
	secret := &corev1.Secret{}
	env.get(secret, "ann-totp")
	code, err := totp.GenerateCode(string(secret.Data["secret"]), env.server.Clock().Now())
	if err != nil {
		t.Fatal(err)
	}
	env.putSecret("input", "code", code)
	env.runAction("verify", "ann", verifiesCode)
	if r := env.expectComplete("verify").Status.Result; r == nil || r.Verified == nil || !*r.Verified || r.CodeType != "totp" {
		t.Errorf("the result is %+v", r)
	}
	env.expectNoWrites()
}

// TestClerkUserShowsWhatAnActionChanged waits for less than the time after which the operator reads users by itself.
func TestClerkUserShowsWhatAnActionChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set  func(*actionSpec)
		show func(v1alpha1.ClerkUserStatus) *bool
	}{
		"AnsweredWithAPart":   {deletesTOTP, func(s v1alpha1.ClerkUserStatus) *bool { return s.TOTPEnabled }},
		"AnsweredWithTheUser": {removesPassword, func(s v1alpha1.ClerkUserStatus) *bool { return s.PasswordEnabled }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			shows := func(want bool) func() error {
				return func() error {
					if got := tc.show(env.read("ann").Status); got == nil || *got != want {
						return errNotYet
					}
					return nil
				}
			}
			env.eventually("the ClerkUser to show what its user has", shows(true))
			env.editInstance(slow)
			env.settle()
			env.runAction("action", "ann", tc.set)
			env.expectComplete("action")
			env.eventually("the ClerkUser to show what the action changed", shows(false))
			env.expectNoWrites()
		})
	}
}
