// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// looks waits until the operator has looked at all users at Clerk again, and at every object.
func (w *world) looks() {
	w.t.Helper()
	lists := w.calls(http.MethodGet, "/users")
	w.eventually("the operator to look again", func() error {
		if w.calls(http.MethodGet, "/users") < lists+2 {
			return errNotYet
		}
		return nil
	})
	w.touch()
	w.settle()
}

func fromNowhere(s *spec) {
	s.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: "nowhere", Key: "ann.png"}}
}

// TestModeratorsBanIsNotLiftedWhileSomethingFails lifts a ban that left the spec once, and leaves the next one alone.
func TestModeratorsBanIsNotLiftedWhileSomethingFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(w *world, s *spec){
		"AMissingImage": func(_ *world, s *spec) { fromNowhere(s) },
		"AnImageThatAProxyRefuses": func(w *world, s *spec) {
			w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Body: "<html>", Times: -1})
			fromPortraits(s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			w.create(w.portraits(portrait(t, 1)))
			w.create(w.user("ann", banned))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.edit("ann", func(s *spec) { s.Banned = nil; fail(w, s) })
			w.eventually("the ban to be lifted", func() error {
				if w.atClerk("ann").Banned {
					return errNotYet
				}
				return nil
			})
			w.settle()
			w.edits("ann", func(u *emulator.User) { u.Banned = true })
			w.looks()
			if !w.atClerk("ann").Banned {
				t.Error("the moderator's ban was lifted")
			}
			w.wantCalls(1, "POST", "/users/*/unban")
		})
	}
}

func TestLockOfClerksIsLiftedOnceWhileASourceIsMissing(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.Locked = true })
	w.edit("ann", func(s *spec) { s.Locked = ptr.To(false); fromNowhere(s) })
	w.becomes("ann", v1alpha1.ReasonConfigMapNotFound)
	w.wantCalls(1, "POST", "/users/*/unlock")
	w.edits("ann", func(u *emulator.User) { u.Locked = true })
	w.looks()
	w.wantCalls(1, "POST", "/users/*/unlock")
}

// TestMissingPictureHoldsBackNothingElse declares next to it what does not come from a source, or from one that is there.
func TestMissingPictureHoldsBackNothingElse(t *testing.T) {
	w := newLiveWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword, banned, func(s *spec) { s.PrivateMetadata = object(`{"role":"admin"}`) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.keep("ann", "password", "second-Of-All-77")
	w.edit("ann", func(s *spec) {
		s.PrivateMetadata, s.Banned = object(`{"role":"viewer"}`), ptr.To(false)
		fromNowhere(s)
	})
	w.becomes("ann", v1alpha1.ReasonConfigMapNotFound)
	if user := w.atClerk("ann"); user.PrivateMetadata["role"] != "viewer" || user.Banned {
		t.Errorf("role %v, banned %t: a missing picture holds them back", user.PrivateMetadata["role"], user.Banned)
	}
	w.wantPassword("ann", "second-Of-All-77")
	w.rests()
}

// TestWhatIsNotKeptHoldsBackNoOtherEntry has Clerk keep one address unverified, and refuse another until it is free.
func TestWhatIsNotKeptHoldsBackNoOtherEntry(t *testing.T) {
	w := newLiveWorld(t)
	other := w.clerk.Seed(verified("taken"))
	w.create(w.user("ann", withUsername("ann_lee"), func(s *spec) { s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierReserved) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(w.atClerk("ann").EmailAddresses[0])
	if err != nil {
		t.Fatal(err)
	}
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/email_addresses/*", Status: 200, Body: string(unchanged), Times: -1})
	w.edit("ann", func(s *spec) { s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierVerified); also("taken")(s) })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[1]", "did not keep it")
	w.rests()
	w.wantCalls(1, "PATCH", "/email_addresses/*")
	w.removeAtClerk(other.ID)
	w.retries()
	w.becomes("ann", v1alpha1.ReasonNotKept)
	if n := len(w.atClerk("ann").EmailAddresses); n != 2 {
		t.Errorf("%d addresses, want the one that was freed, too", n)
	}
	w.rests()
}

func TestBanStaysWhileClerkDoesNotKeepADemotion(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", role("admin"), banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(w.atClerk("ann"))
	if err != nil {
		t.Fatal(err)
	}
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 200, Body: string(unchanged), Times: -1})
	w.edit("ann", func(s *spec) { role("viewer")(s); s.Banned = ptr.To(false) })
	w.becomes("ann", v1alpha1.ReasonNotKept)
	if !w.atClerk("ann").Banned {
		t.Error("an administrator was let in who was to be a viewer")
	}
	w.wantPending("ann", "banned", "publicMetadata")
	w.rests()
}

// TestRefusedKeyOfTheApplicationStays has another call of the same plan fail, so that the plan does not come to its end.
func TestRefusedKeyOfTheApplicationStays(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.PublicMetadata = map[string]any{"plan": "gold"} })
	w.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 503})
	w.edit("ann", func(s *spec) { s.PublicMetadata, s.FirstName = object(`{"plan":"free"}`), ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.clerk.ClearFaults()
	w.edit("ann", func(s *spec) { s.PublicMetadata = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.settle()
	if plan := w.atClerk("ann").PublicMetadata["plan"]; plan != "gold" {
		t.Errorf("the application's key is %v", plan)
	}
	w.rests()
}

func TestRefusedBanGivesNoAccess(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.BanUnsupported = true })
	w.create(w.user("ann", role("admin")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { s.Banned = ptr.To(true); role("none")(s); also("second")(s); withUsername("ann_lee")(s) })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.banned")
	w.wantRole("ann", "none")
	if user := w.atClerk("ann"); len(user.EmailAddresses) != 1 || user.Username != nil {
		t.Errorf("a user who was to be banned was given another way in: %+v %v", user.EmailAddresses, user.Username)
	}
	w.wantPending("ann", "banned", "emailAddresses", "username")
	w.rests()
}

// TestRestoreWithoutItsSecretOverwritesNoPassword restores an object with its status, and its Secret later.
func TestRestoreWithoutItsSecretOverwritesNoPassword(t *testing.T) {
	w := newLiveWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	before := w.becomes("ann", v1alpha1.ReasonInSync)
	w.halt()
	backup := before.DeepCopy()
	before.Finalizers = nil
	if err := w.client.Update(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	w.delete(before)
	w.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "ann"}})
	if _, err := w.clerk.Edit(backup.Status.UserID, func(u *emulator.User) { u.Credentials.Password = "changed-By-The-Person-77" }); err != nil {
		t.Fatal(err)
	}
	restored := w.user("ann", withPassword)
	w.create(restored)
	restored.Status = backup.Status
	if err := w.client.Status().Update(t.Context(), restored); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.becomes("ann", v1alpha1.ReasonSecretNotFound)
	w.keep("ann", "password", "first-Of-All-77")
	w.retries()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "changed-By-The-Person-77")
	w.rests()
}

func TestObserverSaysThatASourceIsMissing(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { observes(s); fromNowhere(s) })
	w.becomes("ann", v1alpha1.ReasonConfigMapNotFound)
}

func TestContentionIsCountedBesideARefusal(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Seed(verified("taken"))
	w.create(w.user("ann", also("second")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", also("taken"))
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	for i := range 3 {
		w.edits("ann", func(u *emulator.User) { u.EmailAddresses = u.EmailAddresses[:1] })
		w.eventually("the address to be put back", func() error {
			if w.calls("POST", "/email_addresses") < i+2 {
				return errNotYet
			}
			return nil
		})
		w.settle()
	}
	w.tells("ann", v1alpha1.EventDriftCorrected)
	w.edits("ann", func(u *emulator.User) { u.EmailAddresses = u.EmailAddresses[:1] })
	w.looks()
	if n := len(w.atClerk("ann").EmailAddresses); n != 1 {
		t.Errorf("%d addresses: it was put back although somebody keeps taking it away", n)
	}
}

func TestIdentifierIsTakenOverThoughTheAnswerWasLost(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", also("shared")))
	w.create(w.user("bob"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("bob", also("shared"))
	w.becomes("bob", v1alpha1.ReasonRejectedByClerk)
	w.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/email_addresses/*", Status: 503, AfterApplying: true})
	w.edit("ann", only("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.rests()
}

func TestWalletIsTakenOverWhateverItsCase(t *testing.T) {
	const wallet = "0x52908400098527886E0F7030069857D2E4169EE7"
	w := newLiveWorld(t)
	holds := func(s *spec) { s.Initial = &v1alpha1.InitialValues{Web3Wallets: []string{wallet}} }
	w.create(w.user("ann", holds))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.create(w.user("bob", holds))
	w.becomes("bob", v1alpha1.ReasonConflict)
	wallets := w.atClerk("ann").Web3Wallets
	w.runAction("release", "ann", func(s *actionSpec) { s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: &wallets[0].ID} })
	w.completes("release")
	w.becomes("bob", v1alpha1.ReasonInSync)
}

// TestInvalidSpecOfAVanishedUserNamesItsFault has the user vanish while only a ban could be carried out.
func TestInvalidSpecOfAVanishedUserNamesItsFault(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", cannotLeave, banned))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.server.Clock().Advance(2 * time.Minute)
	w.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"clerk-operator.io/role":1}`) })
	w.becomes("ann", v1alpha1.ReasonInvalidSpec)
	w.removeAtClerk(id)
	w.looks()
	user := w.becomes("ann", v1alpha1.ReasonInvalidSpec)
	w.says(user, "spec.publicMetadata")
	if user.Status.UserID != id {
		t.Errorf("the object forgot its user: %q", user.Status.UserID)
	}
}

func TestManyRefusalsFitIntoAnEvent(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	for _, fault := range []emulator.Fault{
		{Method: "PATCH", Path: "/users/*", BodyContains: "first_name", Code: "form_param_format_invalid", Param: "first_name"},
		{Method: "PATCH", Path: "/users/*", BodyContains: "last_name", Code: "form_param_max_length_exceeded", Param: "last_name"},
		{Method: "PATCH", Path: "/users/*", BodyContains: "locale", Code: "form_param_value_invalid", Param: "locale"},
		{Method: "PATCH", Path: "/users/*", BodyContains: "external_id", Code: "form_identifier_exists", Param: "external_id"},
		{Method: "PATCH", Path: "/users/*", BodyContains: "username", Code: "form_username_invalid_character", Param: "username"},
		{Path: "/users/*/metadata", BodyContains: "public", Code: "form_param_exceeds_allowed_size", Param: "public_metadata"},
		{Path: "/users/*/metadata", BodyContains: "unsafe", Code: "form_param_type_invalid", Param: "unsafe_metadata"},
	} {
		fault.Times = -1
		w.clerk.InjectFault(fault)
	}
	w.edit("ann", func(s *spec) {
		s.FirstName, s.LastName, s.Locale, s.ExternalID = ptr.To("Ann"), ptr.To("Lee"), ptr.To("de"), ptr.To("e-1")
		s.PublicMetadata, s.UnsafeMetadata = object(`{"a":1}`), object(`{"a":1}`)
		withUsername("ann_lee")(s)
	})
	user := w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.says(user, "spec.externalID", "spec.firstName", "spec.lastName", "spec.locale", "spec.publicMetadata", "spec.unsafeMetadata", "spec.username")
	w.tells("ann", v1alpha1.ReasonRejectedByClerk)
	w.rests()
}

// TestFailingBanHoldsBackNoDemotion lets every ban fail for a reason that may pass.
func TestFailingBanHoldsBackNoDemotion(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", role("admin"), also("old")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/ban", Status: 503, Times: -1})
	w.edit("ann", func(s *spec) {
		role("none")(s)
		banned(s)
		withUsername("ann_lee")(s)
		s.EmailAddresses = s.EmailAddresses[:1]
	})
	w.wantRole("ann", "none")
	w.eventually("the address to be removed", func() error {
		if len(w.atClerk("ann").EmailAddresses) != 1 {
			return errNotYet
		}
		return nil
	})
	if w.atClerk("ann").Username != nil {
		t.Error("a user who is to be banned was given another way in")
	}
	w.eventually("Reconciling to name the call", func() error {
		reconciling := meta.FindStatusCondition(w.read("ann").Status.Conditions, v1alpha1.ConditionReconciling)
		if reconciling == nil || !strings.Contains(reconciling.Message, "ban (banned)") {
			return fmt.Errorf("it is %+v", reconciling)
		}
		return nil
	})
	w.clerk.ClearFaults()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

// TestDeletionsRepeatNoRefusedCreation deletes objects beside one whose user Clerk refuses to create.
func TestDeletionsRepeatNoRefusedCreation(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("bad", withUsername("a!")))
	w.becomes("bad", v1alpha1.ReasonRejectedByClerk)
	for _, name := range []string{"one", "two"} {
		w.create(w.user(name))
		w.becomes(name, v1alpha1.ReasonInSync)
		w.delete(w.read(name))
		w.vanishes(name)
	}
	w.settle()
	w.wantCalls(3, "POST", "/users")
}

func TestEveryMissingSourceIsNamed(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", withPassword, fromTokens, fromNowhere))
	w.says(w.becomes("ann", v1alpha1.ReasonSecretNotFound), "spec.password", "spec.privateMetadataFrom[0]", "spec.profileImage")
}

func TestHeldBackPrivateMetadataIsNamed(t *testing.T) {
	w := newLiveWorld(t)
	w.keep("tokens", "billing", "tok-1")
	w.create(w.user("ann", fromTokens, func(s *spec) { s.PrivateMetadata = object(`{"role":"admin"}`) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "tokens"}})
	w.edit("ann", func(s *spec) { s.PrivateMetadata = object(`{"role":"viewer"}`) })
	w.becomes("ann", v1alpha1.ReasonSecretNotFound)
	w.wantPending("ann", "privateMetadata")
}
