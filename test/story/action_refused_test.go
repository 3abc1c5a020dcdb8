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

// wantNoCall fails if Clerk was called for anything of a user but to read it.
func (w *world) wantNoCall() {
	w.t.Helper()
	w.wantCalls(0, "", "/users/*/*/**")
	w.wantCalls(0, "PATCH", "/users/*")
}

// calm waits until the ClerkUser has noticed how its user was equipped, and empties the journal.
func (w *world) calm() {
	w.t.Helper()
	w.settle()
	w.clerk.ResetJournal()
}

func TestActionsThatTellOrMakeASecretAreDeniedUnasked(t *testing.T) {
	w := newLiveWorld(t)
	w.createAnn()
	w.keepInput()
	w.calm()
	for name, set := range map[string]func(*actionSpec){
		"verifyPassword": verifiesPassword, "verifyTOTP": verifiesCode, "createTOTP": createsTOTP, "getOAuthAccessToken": getsTokenFor("google"),
	} {
		w.runAction(strings.ToLower(name), "ann", set)
		w.fails(strings.ToLower(name), v1alpha1.ReasonNotAllowed, name, "spec.policy.actions", "ClerkInstance "+w.namespace+"/default")
	}
	w.rests()
	w.wantNoCall()
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
			w := newLiveWorld(t, func(i *v1alpha1.ClerkInstance) { i.Spec.Policy = &v1alpha1.InstancePolicy{Actions: tc.actions} })
			w.createAnn()
			w.keepInput()
			w.calm()
			w.runAction("action", "ann", tc.set)
			if tc.allowed {
				w.completes("action")
				w.rests()
				return
			}
			w.fails("action", v1alpha1.ReasonNotAllowed, "disableMFA", "spec.policy.actions")
			w.rests()
			w.wantNoCall()
			w.editInstance(allowsAll)
			w.rests()
			w.wantNoCall()
		})
	}
}

// TestActionOnAUserOfAnotherNamespaceFindsNone names a ClerkUser that is there, but not here.
func TestActionOnAUserOfAnotherNamespaceFindsNone(t *testing.T) {
	w := newWorld(t, allowsAll)
	guest := w.neighbour()
	w.start()
	w.createAnn()
	w.calm()
	guest.runAction("action", "ann", disablesMFA)
	guest.waits("action", v1alpha1.ReasonUserNotFound)
	guest.rests()
	w.wantNoCall()
	if !w.atClerk("ann").TOTPEnabled {
		t.Error("the user of another namespace lost its second factor")
	}
}

// TestActionOfAGuestAsksTheInstance has a ClerkUser of another namespace, and withdraws the admission of that.
func TestActionOfAGuestAsksTheInstance(t *testing.T) {
	home := newWorld(t, allowsAll, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	guest := home.neighbour()
	home.start()
	guest.create(guest.user("ann", guest.refersTo(home)))
	guest.becomes("ann", v1alpha1.ReasonInSync)
	guest.runAction("first", "ann", disablesMFA)
	guest.completes("first")
	home.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.AllowedNamespaces = nil })
	guest.becomes("ann", v1alpha1.ReasonNotAllowed)
	guest.runAction("second", "ann", disablesMFA)
	guest.fails("second", v1alpha1.ReasonNotAllowed, "spec.allowedNamespaces")
	home.wantCalls(1, "DELETE", "/users/*/mfa")
	guest.rests()
}

func TestActionWaitsForItsUser(t *testing.T) {
	t.Parallel()
	t.Run("ToBeCreated", func(t *testing.T) {
		w := newLiveWorld(t, allowsAll)
		w.runAction("action", "ann", disablesMFA)
		w.waits("action", v1alpha1.ReasonUserNotFound)
		w.create(w.user("ann"))
		w.completes("action")
		w.wantCalls(1, "DELETE", "/users/*/mfa")
		w.rests()
	})
	t.Run("ToBeBound", func(t *testing.T) {
		w := newLiveWorld(t, allowsAll)
		taken := w.clerk.Seed(verified("ann"))
		w.create(w.user("ann"))
		w.becomes("ann", v1alpha1.ReasonAlreadyExists)
		w.runAction("action", "ann", disablesMFA)
		w.waits("action", v1alpha1.ReasonUserNotBound)
		w.rests()
		w.wantCalls(0, "DELETE", "/users/*/mfa")
		w.edit("ann", func(s *spec) { s.UserID = &taken.ID })
		if done := w.completes("action"); done.Status.UserID != taken.ID {
			t.Errorf("the action was on %q", done.Status.UserID)
		}
		w.wantCalls(1, "DELETE", "/users/*/mfa")
		w.rests()
	})
	t.Run("ToBeTakenUpAgain", func(t *testing.T) {
		w := newActionWorld(t)
		w.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
		w.calm()
		w.runAction("action", "ann", disablesMFA)
		w.waits("action", v1alpha1.ReasonSuspended)
		w.rests()
		w.wantNoCall()
		w.edit("ann", func(s *spec) { s.Suspend = nil })
		w.completes("action")
		w.rests()
	})
}

func TestActionOnAUserThatIsNotToBeWrittenToFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*world)
		reason  string
		says    string
	}{
		"Observed": {func(w *world) { w.edit("ann", observes) }, v1alpha1.ReasonNotAllowed, "mode Observe"},
		"BeingDeleted": {func(w *world) {
			user := w.read("ann")
			before := user.DeepCopy()
			user.Finalizers = append(user.Finalizers, "example.com/hold")
			if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); err != nil {
				w.t.Fatal(err)
			}
			w.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
			w.delete(w.read("ann"))
		}, v1alpha1.ReasonUserNotBound, "being deleted"},
		"GoneAtClerk": {func(w *world) {
			w.server.Clock().Advance(2 * lagTime)
			if err := w.clerk.Delete(w.read("ann").Status.UserID); err != nil {
				w.t.Fatal(err)
			}
		}, v1alpha1.ReasonMissing, "no longer at Clerk"},
		"MarkedByAnother": {func(w *world) {
			w.edits("ann", func(u *emulator.User) {
				u.PrivateMetadata[v1alpha1.OwnerKey] = "v1 elsewhere team-z/zoe 0815 created"
			})
		}, v1alpha1.ReasonConflict, "not the ClerkUser's to manage"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newActionWorld(t)
			w.settle()
			tc.prepare(w)
			w.clerk.ResetJournal()
			w.runAction("action", "ann", disablesMFA)
			w.fails("action", tc.reason, tc.says)
			w.tells("action", v1alpha1.EventActionFailed)
			w.wantCalls(0, "DELETE", "/users/*/mfa")
			if name == "BeingDeleted" {
				user := w.read("ann")
				before := user.DeepCopy()
				user.Finalizers = slices.DeleteFunc(user.Finalizers, func(f string) bool { return f == "example.com/hold" })
				if err := w.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
					t.Fatal(err)
				}
				w.vanishes("ann")
			}
			w.rests()
		})
	}
}

// TestActionStaysWithItsUser has the ClerkUser bound to another user while the action waits.
func TestActionStaysWithItsUser(t *testing.T) {
	w := newActionWorld(t)
	w.runAction("action", "ann", verifiesCode)
	w.waits("action", v1alpha1.ReasonSecretNotFound)
	was := w.readAction("action").Status.UserID
	w.halt()
	user := w.read("ann")
	before := user.DeepCopy()
	user.Finalizers = nil
	if err := w.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.delete(user)
	w.create(w.user("ann", func(s *spec) { s.EmailAddresses[0].Address = address("anna") }))
	w.keepInput()
	w.start()
	w.becomes("ann", v1alpha1.ReasonInSync)
	if is := w.fails("action", v1alpha1.ReasonUserNotBound, "no longer bound").Status.UserID; is != was || was == "" {
		t.Errorf("the action was on %q and is on %q", was, is)
	}
	w.wantCalls(0, "POST", "/users/*/verify_totp")
	w.rests()
}

func TestMissingInputIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{false, true} {
		t.Run(map[bool]string{false: "ReadAgain", true: "Watched"}[watch], func(t *testing.T) {
			var w *world
			if watch {
				w = newWatchingWorld(t, allowsAll)
				w.createAnn()
			} else {
				w = newActionWorld(t)
			}
			w.runAction("action", "ann", verifiesPassword)
			w.sayOf(w.turns("action", v1alpha1.ConditionReconciling, v1alpha1.ReasonSecretNotFound), "spec.verifyPassword.secretKeyRef", "Secret input")
			w.keepInput()
			if !watch {
				w.touchUser("ann")
			}
			w.completes("action")
			w.wantCalls(1, "POST", "/users/*/verify_password")
			w.rests()
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
			w := newActionWorld(t)
			w.create(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "input"},
				Data:       map[string][]byte{"password": []byte(tc.value), "code": []byte(tc.value)},
			})
			w.runAction("action", "ann", tc.set)
			r := w.completes("action").Status.Result
			if r == nil || r.Verified == nil || *r.Verified || r.CodeType != "" {
				t.Errorf("the result is %+v", r)
			}
			w.wantCalls(1, "POST", tc.path)
			w.rests()
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
		"NoPassword": {setsCompromised, func(u *emulator.User) { u.PasswordEnabled = false }, []string{"no_password_set", "Give the user a password first"}},
		"NoTOTP":     {verifiesCode, func(u *emulator.User) { u.TOTPEnabled = false }, []string{"totp_disabled"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newActionWorld(t)
			w.edits("ann", tc.prepare)
			w.keepInput()
			w.runAction("action", "ann", tc.set)
			w.fails("action", v1alpha1.ReasonRejectedByClerk, tc.says...)
			w.rests()
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
			w := newActionWorld(t)
			w.edits("ann", func(u *emulator.User) {
				for _, id := range []string{"eac_2One", "eac_2Two"} {
					u.ExternalAccounts = append(u.ExternalAccounts, emulator.ExternalAccount{ID: id, Provider: "oauth_linkedin"})
				}
			})
			w.runAction("action", "ann", tc.set)
			w.fails("action", tc.reason)
			w.wantCalls(tc.calls, "DELETE", "/users/*/**")
			if u := w.atClerk("ann"); len(u.Passkeys) != 1 || len(u.Web3Wallets) != 1 || len(u.ExternalAccounts) != 3 {
				t.Errorf("the user at Clerk is %+v", u)
			}
			w.rests()
		})
	}
}

func TestFinishedActionIsDeletedAfterItsTime(t *testing.T) {
	w := newActionWorld(t)
	w.runAction("kept", "ann", disablesMFA)
	w.runAction("short", "ann", func(s *actionSpec) { deletesTOTP(s); s.TTLSecondsAfterFinished = ptr.To[int32](3) })
	w.runAction("failed", "ann", func(s *actionSpec) { deletesAccountAt("github")(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	w.runAction("waiting", "bob", func(s *actionSpec) { disablesMFA(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	w.completes("short")
	w.completes("kept")
	names := func() (names []string) {
		for _, a := range w.actions() {
			names = append(names, a.Name)
		}
		return names
	}
	w.eventually("two to be gone", func() error {
		if !slices.Equal(names(), []string{"kept", "waiting"}) {
			return errNotYet
		}
		return nil
	})
	w.server.Clock().Advance(365 * 24 * time.Hour)
	w.restart()
	w.rests()
	if got := names(); !slices.Equal(got, []string{"kept", "waiting"}) {
		t.Errorf("left are %v", got)
	}
}
