// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// expectNoWritingCall fails if Clerk was called for anything of a user but to read it.
func (env *environment) expectNoWritingCall() {
	env.t.Helper()
	env.expectCalls(0, "", "/users/*/*/**")
	env.expectCalls(0, "PATCH", "/users/*")
}

// waitForEquippedUser waits until the ClerkUser has noticed how its user was equipped, and empties the journal.
func (env *environment) waitForEquippedUser() {
	env.t.Helper()
	env.settle()
	env.clerk.ResetJournal()
}

func TestActionsThatRevealOrCreateASecretAreDeniedByDefault(t *testing.T) {
	env := newRunningEnvironment(t)
	env.createAnn()
	env.putInputSecret()
	env.waitForEquippedUser()
	for name, set := range map[string]func(*actionSpec){
		"verifyPassword": verifiesPassword, "verifyTOTP": verifiesCode, "createTOTP": createsTOTP, "getOAuthAccessToken": getsTokenFor("google"),
	} {
		env.runAction(strings.ToLower(name), "ann", set)
		env.expectFailed(strings.ToLower(name), v1alpha1.ReasonNotAllowed, name, "spec.policy.actions", "ClerkInstance "+env.namespace+"/default")
	}
	env.expectNoWrites()
	env.expectNoWritingCall()
}

func TestPolicyDeniesWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		actions []v1alpha1.ActionType
		set     func(*actionSpec)
		allowed bool
	}{
		"None":        {[]v1alpha1.ActionType{}, disablesMFA, false},
		"Another":     {[]v1alpha1.ActionType{v1alpha1.ActionDeleteTOTP}, disablesMFA, false},
		"ThisOne":     {[]v1alpha1.ActionType{v1alpha1.ActionDisableMFA}, disablesMFA, true},
		"ThatTells":   {[]v1alpha1.ActionType{v1alpha1.ActionVerifyPassword}, verifiesPassword, true},
		"UnsetAllows": {nil, disablesMFA, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) { i.Spec.Policy = &v1alpha1.InstancePolicy{Actions: tc.actions} })
			env.createAnn()
			env.putInputSecret()
			env.waitForEquippedUser()
			env.runAction("action", "ann", tc.set)
			if tc.allowed {
				env.expectComplete("action")
				env.expectNoWrites()
				return
			}
			env.expectFailed("action", v1alpha1.ReasonNotAllowed, "disableMFA", "spec.policy.actions")
			env.expectNoWrites()
			env.expectNoWritingCall()
			env.editInstance(allowsAll)
			env.expectNoWrites()
			env.expectNoWritingCall()
		})
	}
}

// TestActionOnAUserOfAnotherNamespaceFindsNone names a ClerkUser that is there, but not here.
func TestActionOnAUserOfAnotherNamespaceFindsNone(t *testing.T) {
	env := newEnvironment(t, allowsAll)
	guest := env.inOtherNamespace()
	env.start()
	env.createAnn()
	env.waitForEquippedUser()
	guest.runAction("action", "ann", disablesMFA)
	guest.expectWaiting("action", v1alpha1.ReasonUserNotFound)
	guest.expectNoWrites()
	env.expectNoWritingCall()
	if !env.atClerk("ann").TOTPEnabled {
		t.Error("the user of another namespace lost its second factor")
	}
}

// TestActionOfAGuestAsksTheInstance has a ClerkUser of another namespace, and withdraws the admission of that.
func TestActionOfAGuestAsksTheInstance(t *testing.T) {
	home := newEnvironment(t, allowsAll, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	guest := home.inOtherNamespace()
	home.start()
	guest.create(guest.user("ann", guest.refersTo(home)))
	guest.expectReason("ann", v1alpha1.ReasonInSync)
	guest.runAction("first", "ann", disablesMFA)
	guest.expectComplete("first")
	home.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.AllowedNamespaces = nil })
	guest.expectReason("ann", v1alpha1.ReasonNotAllowed)
	guest.runAction("second", "ann", disablesMFA)
	guest.expectFailed("second", v1alpha1.ReasonNotAllowed, "spec.allowedNamespaces")
	home.expectCalls(1, "DELETE", "/users/*/mfa")
	guest.expectNoWrites()
}

func TestActionWaitsForItsUser(t *testing.T) {
	t.Parallel()
	t.Run("ToBeCreated", func(t *testing.T) {
		env := newRunningEnvironment(t, allowsAll)
		env.runAction("action", "ann", disablesMFA)
		env.expectWaiting("action", v1alpha1.ReasonUserNotFound)
		env.create(env.user("ann"))
		env.expectComplete("action")
		env.expectCalls(1, "DELETE", "/users/*/mfa")
		env.expectNoWrites()
	})
	t.Run("ToBeBound", func(t *testing.T) {
		env := newRunningEnvironment(t, allowsAll)
		taken := env.clerk.Seed(verified("ann"))
		env.create(env.user("ann"))
		env.expectReason("ann", v1alpha1.ReasonAlreadyExists)
		env.runAction("action", "ann", disablesMFA)
		env.expectWaiting("action", v1alpha1.ReasonUserNotBound)
		env.expectNoWrites()
		env.expectCalls(0, "DELETE", "/users/*/mfa")
		env.edit("ann", func(s *spec) { s.UserID = &taken.ID })
		if done := env.expectComplete("action"); done.Status.UserID != taken.ID {
			t.Errorf("the action was on %q", done.Status.UserID)
		}
		env.expectCalls(1, "DELETE", "/users/*/mfa")
		env.expectNoWrites()
	})
	t.Run("ToBeTakenUpAgain", func(t *testing.T) {
		env := newActionEnvironment(t)
		env.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
		env.waitForEquippedUser()
		env.runAction("action", "ann", disablesMFA)
		env.expectWaiting("action", v1alpha1.ReasonSuspended)
		env.expectNoWrites()
		env.expectNoWritingCall()
		env.edit("ann", func(s *spec) { s.Suspend = nil })
		env.expectComplete("action")
		env.expectNoWrites()
	})
}

func TestActionOnAUserThatIsNotToBeWrittenToFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*environment)
		reason  string
		says    string
	}{
		"Observed": {func(env *environment) { env.edit("ann", observes) }, v1alpha1.ReasonNotAllowed, "mode Observe"},
		"BeingDeleted": {func(env *environment) {
			user := env.read("ann")
			before := user.DeepCopy()
			user.Finalizers = append(user.Finalizers, "example.com/hold")
			if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
				env.t.Fatal(err)
			}
			env.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
			env.delete(env.read("ann"))
		}, v1alpha1.ReasonUserNotBound, "being deleted"},
		"GoneAtClerk": {func(env *environment) {
			env.server.Clock().Advance(2 * lagTime)
			if err := env.clerk.Delete(env.read("ann").Status.UserID); err != nil {
				env.t.Fatal(err)
			}
		}, v1alpha1.ReasonMissing, "no longer at Clerk"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.settle()
			tc.prepare(env)
			env.clerk.ResetJournal()
			env.runAction("action", "ann", disablesMFA)
			env.expectFailed("action", tc.reason, tc.says)
			env.expectEvent("action", v1alpha1.EventActionFailed)
			env.expectCalls(0, "DELETE", "/users/*/mfa")
			if name == "BeingDeleted" {
				user := env.read("ann")
				before := user.DeepCopy()
				user.Finalizers = slices.DeleteFunc(user.Finalizers, func(f string) bool { return f == "example.com/hold" })
				if err := env.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
					t.Fatal(err)
				}
				env.expectGone("ann")
			}
			env.expectNoWrites()
		})
	}
}

// TestActionWaitsWhileAnotherOwnsItsUser has the mark of another object at the user, and takes it away.
func TestActionWaitsWhileAnotherOwnsItsUser(t *testing.T) {
	env := newActionEnvironment(t)
	env.settle()
	setMark := func(mark any) {
		env.editAtClerk("ann", func(u *emulator.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = mark })
	}
	own := env.atClerk("ann").PrivateMetadata[v1alpha1.OwnerKey]
	setMark("v1 elsewhere team-z/zoe 0815 created")
	env.clerk.ResetJournal()
	env.runAction("action", "ann", disablesMFA)
	env.expectWaiting("action", v1alpha1.ReasonUserNotBound)
	env.expectNoWrites()
	env.expectCalls(0, "DELETE", "/users/*/mfa")
	setMark(own)
	env.sync(true)
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Annie") })
	env.expectComplete("action")
	env.expectCalls(1, "DELETE", "/users/*/mfa")
	env.expectNoWrites()
}

// TestActionStaysWithItsUser has the ClerkUser bound to another user while the action waits.
func TestActionStaysWithItsUser(t *testing.T) {
	env := newActionEnvironment(t)
	env.runAction("action", "ann", verifiesCode)
	env.expectWaiting("action", v1alpha1.ReasonSecretNotFound)
	was := env.readAction("action").Status.UserID
	env.halt()
	user := env.read("ann")
	before := user.DeepCopy()
	user.Finalizers = nil
	if err := env.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.delete(user)
	env.create(env.user("ann", func(s *spec) { s.EmailAddresses[0].Address = address("anna") }))
	env.putInputSecret()
	env.start()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if is := env.expectFailed("action", v1alpha1.ReasonUserNotBound, "no longer bound").Status.UserID; is != was || was == "" {
		t.Errorf("the action was on %q and is on %q", was, is)
	}
	env.expectCalls(0, "POST", "/users/*/verify_totp")
	env.expectNoWrites()
}

func TestMissingInputIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{false, true} {
		t.Run(map[bool]string{false: "ReadAgain", true: "Watched"}[watch], func(t *testing.T) {
			var env *environment
			if watch {
				env = newWatchingEnvironment(t, allowsAll)
				env.createAnn()
			} else {
				env = newActionEnvironment(t)
			}
			env.runAction("action", "ann", verifiesPassword)
			env.expectActionMessage(env.expectCondition("action", v1alpha1.ConditionReconciling, v1alpha1.ReasonSecretNotFound), "spec.verifyPassword.secretKeyRef", "Secret input")
			env.putInputSecret()
			if !watch {
				env.touchUser("ann")
			}
			env.expectComplete("action")
			env.expectCalls(1, "POST", "/users/*/verify_password")
			env.expectNoWrites()
		})
	}
}

func TestWrongPasswordAndCodeAreAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set   func(*actionSpec)
		value string
		path  string
	}{
		"Password":                {verifiesPassword, annsPassword + "?", "/users/*/verify_password"},
		"PasswordWithALineBreak":  {verifiesPassword, annsPassword + "\n", "/users/*/verify_password"},
		"PasswordWithSpaceBefore": {verifiesPassword, " " + annsPassword, "/users/*/verify_password"},
		"Code":                    {verifiesCode, "000000", "/users/*/verify_totp"},
		"CodeOfAnotherLength":     {verifiesCode, "1234567", "/users/*/verify_totp"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.create(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "input"},
				Data:       map[string][]byte{"password": []byte(tc.value), "code": []byte(tc.value)},
			})
			env.runAction("action", "ann", tc.set)
			r := env.expectComplete("action").Status.Result
			if r == nil || r.Verified == nil || *r.Verified || r.CodeType != "" {
				t.Errorf("the result is %+v", r)
			}
			env.expectCalls(1, "POST", tc.path)
			env.expectNoWrites()
		})
	}
}

func TestRefusedActionSaysWhy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set     func(*actionSpec)
		prepare func(*emulator.User)
		says    []string
	}{
		"NoPassword": {setsCompromised, func(u *emulator.User) { u.PasswordEnabled = false }, []string{"no_password_set", "Set a password for the user first"}},
		"NoTOTP":     {verifiesCode, func(u *emulator.User) { u.TOTPEnabled = false }, []string{"totp_disabled"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.editAtClerk("ann", tc.prepare)
			env.putInputSecret()
			env.runAction("action", "ann", tc.set)
			env.expectFailed("action", v1alpha1.ReasonRejectedByClerk, tc.says...)
			env.expectNoWrites()
		})
	}
}

func TestThingThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set    func(*actionSpec)
		reason string
		calls  int
	}{
		"Passkey":  {func(s *actionSpec) { s.DeletePasskey = &v1alpha1.PasskeyDeletion{ID: "idn_2None"} }, v1alpha1.ReasonNotFoundAtClerk, 1},
		"Wallet":   {func(s *actionSpec) { s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: ptr.To("idn_2None")} }, v1alpha1.ReasonNotFoundAtClerk, 1},
		"Device":   {func(s *actionSpec) { s.RevokeTrustedDevice = &v1alpha1.TrustedDeviceRevocation{ID: "tdev_2None"} }, v1alpha1.ReasonNotFoundAtClerk, 1},
		"Provider": {deletesAccountAt("oauth_github"), v1alpha1.ReasonNotFoundAtClerk, 0},
		"Address": {func(s *actionSpec) {
			s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{Address: ptr.To("0x1111111111111111111111111111111111111111")}
		}, v1alpha1.ReasonNotFoundAtClerk, 0},
		"TwoOfAProvider": {deletesAccountAt("oauth_linkedin"), v1alpha1.ReasonAmbiguous, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.editAtClerk("ann", func(u *emulator.User) {
				for _, id := range []string{"eac_2One", "eac_2Two"} {
					u.ExternalAccounts = append(u.ExternalAccounts, emulator.ExternalAccount{ID: id, Provider: "oauth_linkedin"})
				}
			})
			env.runAction("action", "ann", tc.set)
			env.expectFailed("action", tc.reason)
			env.expectCalls(tc.calls, "DELETE", "/users/*/**")
			if u := env.atClerk("ann"); len(u.Passkeys) != 1 || len(u.Web3Wallets) != 1 || len(u.ExternalAccounts) != 3 {
				t.Errorf("the user at Clerk is %+v", u)
			}
			env.expectNoWrites()
		})
	}
}

func TestFinishedActionIsDeletedAfterItsTime(t *testing.T) {
	env := newActionEnvironment(t)
	env.runAction("kept", "ann", disablesMFA)
	env.runAction("short", "ann", func(s *actionSpec) { deletesTOTP(s); s.TTLSecondsAfterFinished = ptr.To[int32](3) })
	env.runAction("failed", "ann", func(s *actionSpec) { deletesAccountAt("github")(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	env.runAction("waiting", "bob", func(s *actionSpec) { disablesMFA(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	env.expectComplete("short")
	env.expectComplete("kept")
	names := func() (names []string) {
		for _, a := range env.actions() {
			names = append(names, a.Name)
		}
		return names
	}
	env.eventually("two to be gone", func() error {
		if !slices.Equal(names(), []string{"kept", "waiting"}) {
			return errNotYet
		}
		return nil
	})
	env.server.Clock().Advance(365 * 24 * time.Hour)
	env.restart()
	env.expectNoWrites()
	if got := names(); !slices.Equal(got, []string{"kept", "waiting"}) {
		t.Errorf("left are %v", got)
	}
}
