// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	annsPassword = "quite-Long-And-1-Only"
	annsSecret   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	annsToken    = "ya29.token-of-ann"
)

// newActionEnvironment makes an environment that allows every action, in which ClerkUser ann is bound to a user.
func newActionEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	env := newRaceEnvironment(t, append([]func(*v1alpha1.ClerkInstance){func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Actions: v1alpha1.ActionTypes()}
	}}, change...)...)
	env.start()
	env.create(env.user("ann"))
	env.waitFor("ann", v1alpha1.ReasonInSync)
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "input"},
		StringData: map[string]string{"password": annsPassword, "wrong": "hunter2", "code": "backup-4711"},
	})
	return env
}

// equip gives ann everything that actions are about.
func (env *environment) equip() {
	env.t.Helper()
	_, err := env.clerk.Edit(env.read("ann").Status.UserID, func(u *emulator.User) {
		u.Credentials.Password, u.PasswordEnabled = annsPassword, true
		u.Credentials.TOTPSecret, u.Credentials.BackupCodes = annsSecret, []string{"backup-4711", "backup-4712"}
		u.Passkeys = []emulator.Passkey{{ID: "idn_2Passkey", Name: "laptop"}}
		u.Web3Wallets = []emulator.Web3Wallet{{ID: "idn_2Wallet", Web3Wallet: "0x52908400098527886e0f7030069857d2e4169ee7"}}
		u.ExternalAccounts = []emulator.ExternalAccount{{
			ExternalAccountID: "eac_2Google", Provider: "oauth_google", EmailAddress: "ann@example.com", ApprovedScopes: "email openid",
			Token: &emulator.OAuthToken{Token: annsToken, ExpiresAt: ptr.To[int64](33_000_000_000_000)},
		}}
		u.TrustedDevices = []emulator.TrustedDevice{{ID: "tdev_2Phone"}}
	})
	if err != nil {
		env.t.Fatal(err)
	}
}

// TestActions runs an action of each type, and finds its one call at Clerk.
func TestActions(t *testing.T) {
	env := newActionEnvironment(t)
	for _, tc := range []struct {
		actionType   v1alpha1.ActionType
		args         string
		method, path string
		want         string
		code         int
	}{
		{v1alpha1.ActionVerifyPassword, "--verify-password-from input/password", "POST", "/users/*/verify_password", "verifyPassword: the password is the user's", 0},
		{v1alpha1.ActionVerifyPassword, "--verify-password-from input/wrong", "POST", "/users/*/verify_password", "verifyPassword: the password is not the user's", 1},
		{v1alpha1.ActionVerifyTOTP, "--verify-totp-from input/code", "POST", "/users/*/verify_totp", "verifyTOTP: the code is the user's", 0},
		{v1alpha1.ActionDisableMFA, "--disable-mfa", "DELETE", "/users/*/mfa", "disableMFA: Clerk carried out disableMFA", 0},
		{v1alpha1.ActionDeleteBackupCodes, "--delete-backup-codes", "DELETE", "/users/*/backup_code", "deleteBackupCodes: Clerk carried out", 0},
		{v1alpha1.ActionDeletePasskey, "--delete-passkey idn_2Passkey", "DELETE", "/users/*/passkeys/*", "deletePasskey: Clerk carried out", 0},
		{v1alpha1.ActionDeleteWeb3Wallet, "--delete-web3-wallet 0x52908400098527886E0F7030069857D2E4169EE7", "DELETE", "/users/*/web3_wallets/*", "deleteWeb3Wallet: Clerk carried out", 0},
		{v1alpha1.ActionDeleteTOTP, "--delete-totp", "DELETE", "/users/*/totp", "deleteTOTP: Clerk carried out", 0},
		{v1alpha1.ActionCreateTOTP, "--create-totp --into totp", "", "", "The result is in Secret totp", 0},
		{v1alpha1.ActionDeleteExternalAccount, "--delete-external-account oauth_google", "DELETE", "/users/*/external_accounts/*", "deleteExternalAccount: Clerk carried out", 0},
		{v1alpha1.ActionGetOAuthAccessToken, "--get-oauth-access-token oauth_google --into token", "GET", "/users/*/oauth_access_tokens/*", "The result is in Secret token", 0},
		{v1alpha1.ActionRemovePassword, "--remove-password --sign-out-of-other-sessions", "POST", "/users/*/remove_password", "removePassword: Clerk carried out", 0},
		{v1alpha1.ActionRevokeTrustedDevice, "--revoke-trusted-device tdev_2Phone", "DELETE", "/users/*/trusted_devices/*", "revokeTrustedDevice: Clerk carried out", 0},
		{v1alpha1.ActionSetPasswordCompromised, "--set-password-compromised --revoke-sessions", "POST", "/users/*/password/set_compromised", "setPasswordCompromised: Clerk carried out", 0},
		{v1alpha1.ActionUnsetPasswordCompromised, "--unset-password-compromised", "POST", "/users/*/password/unset_compromised", "unsetPasswordCompromised: Clerk carried out", 0},
	} {
		env.equip()
		env.clerk.ResetJournal()
		r := env.run(append([]string{"action", "ann"}, strings.Fields(tc.args)...)...)
		if r.code != tc.code || !strings.HasPrefix(r.out, "clerkuseraction.clerk-operator.io/ann-") || !strings.Contains(r.out, tc.want) {
			t.Errorf("%s: exit code %d, %q, %q; want %q", tc.args, r.code, r.out, r.errOut, tc.want)
		}
		if calls := len(env.clerk.Journal().Matching(tc.method, tc.path)); tc.method != "" && calls != 1 {
			t.Errorf("%s: %d calls of %s %s, want 1", tc.args, calls, tc.method, tc.path)
		}
		for _, secret := range []string{annsPassword, annsSecret, annsToken, "hunter2", "backup-4711"} {
			if strings.Contains(r.out+r.errOut, secret) {
				t.Errorf("%s prints %s", tc.args, secret)
			}
		}
	}
}

// actions returns the ClerkUserActions of the namespace.
func (env *environment) actions() []v1alpha1.ClerkUserAction {
	env.t.Helper()
	list := &v1alpha1.ClerkUserActionList{}
	if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	return list.Items
}

func TestActionThatFails(t *testing.T) {
	env := newActionEnvironment(t)
	r := env.run("action", "ann", "--verify-password-from", "input/password")
	for _, want := range []string{"kubectl clerk: verifyPassword failed: RejectedByClerk: clerk answered 400 no_password_set", "Do what the message says."} {
		if r.code != 1 || !strings.Contains(r.errOut, want) {
			t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
		}
	}
	r = env.run("action", "ann", "--verify-password-from", "input/password", "-o", "json")
	var object v1alpha1.ClerkUserAction
	r.decode(env, &object)
	if r.code != 1 || object.Kind != "ClerkUserAction" || len(object.Status.Conditions) == 0 || len(object.ManagedFields) > 0 {
		t.Errorf("exit code %d: %+v", r.code, object)
	}
}

// TestActionsThatAreNotCreated fails before anything is created.
func TestActionsThatAreNotCreated(t *testing.T) {
	env := newActionEnvironment(t, func(i *v1alpha1.ClerkInstance) { i.Spec.Policy = nil })
	env.create(env.user("suspended", func(s *v1alpha1.ClerkUserSpec) { s.Suspend = ptr.To(true) }))
	env.create(env.user("observed", func(s *v1alpha1.ClerkUserSpec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }))
	env.create(env.user("refused", func(s *v1alpha1.ClerkUserSpec) { s.Username = ptr.To("a") }))
	env.waitForReady("refused", v1alpha1.ReasonRejectedByClerk)
	for args, want := range map[string]string{
		"anm --disable-mfa":                       "there is no ClerkUser anm in namespace " + env.namespace + "; did you mean ann?",
		"suspended --disable-mfa":                 "ClerkUser suspended is suspended, so the action would wait; remove its spec.suspend first",
		"observed --disable-mfa":                  "ClerkUser observed is in mode Observe",
		"refused --disable-mfa":                   "ClerkUser refused is not bound to a user yet (RejectedByClerk: ",
		"ann --create-totp --into x":              "ClerkInstance " + env.namespace + "/default does not allow createTOTP; its owner can add the action to spec.policy.actions",
		"ann --delete-passkey notAnID":            "must be an id as Clerk's dashboard shows it",
		"ann --disable-mfa --dry-run=server":      "",
		"ann --delete-passkey x --dry-run=server": "must be an id as Clerk's dashboard shows it",
	} {
		r := env.run(append([]string{"action"}, strings.Fields(args)...)...)
		if code := map[bool]int{true: 0, false: 2}[want == ""]; r.code != code || !strings.Contains(r.errOut, want) {
			t.Errorf("%s: exit code %d, %q; want %d, %q", args, r.code, r.errOut, code, want)
		}
	}
	if left := env.actions(); len(left) > 0 {
		t.Errorf("%d ClerkUserActions were created", len(left))
	}
}

// TestActionThatNobodyWaitsFor goes on when the wait ends: by --wait=false, --timeout, Ctrl-C, and the deletion of the object.
func TestActionThatNobodyWaitsFor(t *testing.T) {
	env := newActionEnvironment(t)
	waiting := []string{"action", "ann", "--verify-password-from", "later/password"}
	if r := env.run(append(waiting, "--wait=false")...); r.code != 0 || strings.Count(r.out, "\n") != 1 {
		t.Errorf("exit code %d, %q, %q", r.code, r.out, r.errOut)
	}
	r := env.run(append(waiting, "--timeout=1s")...)
	if want := "has not finished within 1s: the action"; r.code != 2 || !strings.Contains(r.errOut, want) || !strings.Contains(r.errOut, "see: kubectl clerk why clerkuseraction/ann-verify-password-from-") {
		t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, cancel)
	r = env.runWith(interrupted, nil, waiting...)
	if want := "interrupted: the action"; r.code != 2 || !strings.Contains(r.errOut, want) || !strings.Contains(r.errOut, "to cancel what has not started: kubectl delete clerkuseraction/") {
		t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
	}
	known := map[string]bool{}
	for _, a := range env.actions() {
		known[a.Name] = true
	}
	if len(known) != 3 {
		t.Errorf("%d ClerkUserActions are left, want 3", len(known))
	}
	ended := make(chan result)
	go func() { ended <- env.run(waiting...) }()
	env.eventually("the fourth action to be deleted", func() error {
		for _, a := range env.actions() {
			if !known[a.Name] {
				return env.client.Delete(t.Context(), &a)
			}
		}
		return context.DeadlineExceeded
	})
	if r, want := <-ended, "was deleted before it finished; the events of ClerkUser ann say whether it was carried out"; r.code != 2 || !strings.Contains(r.errOut, want) {
		t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
	}
}

// TestActionOfAHelpDesk has the rights of the role in docs/reference/users-api.md, and less.
func TestActionOfAHelpDesk(t *testing.T) {
	env := newActionEnvironment(t)
	env.equip()
	actions := rbacv1.PolicyRule{APIGroups: []string{"clerk-operator.io"}, Resources: []string{"clerkuseractions"}, Verbs: []string{"create", "get", "list", "watch"}}
	desk := env.tenant(actions, may("clerkusers"))
	if r := env.run(append(desk, "action", "ann", "--disable-mfa")...); r.code != 0 {
		t.Errorf("exit code %d, %q, %q", r.code, r.out, r.errOut)
	}
	actions.Verbs = []string{"create"}
	if err := env.client.Update(t.Context(), &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "tenant-of-" + env.namespace}, Rules: []rbacv1.PolicyRule{actions},
	}); err != nil {
		t.Fatal(err)
	}
	r := env.run(append(desk, "action", "ann", "--disable-mfa")...)
	if want := "get clerkuseractions ann-disable-mfa-"; r.code != 2 || !strings.Contains(r.errOut, want) || !strings.Contains(r.errOut, "goes on") {
		t.Errorf("exit code %d, %q, %q; want %q", r.code, r.out, r.errOut, want)
	}
	r = env.run(append(desk, "action", "ann", "--disable-mfa", "--wait=false", "-o", "json")...)
	var object v1alpha1.ClerkUserAction
	r.decode(env, &object)
	if diff := cmp.Diff(v1alpha1.UserReference{Name: "ann"}, object.Spec.UserRef); diff != "" || r.code != 0 {
		t.Errorf("exit code %d: %s", r.code, diff)
	}
}
