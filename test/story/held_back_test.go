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

// waitForFullSync waits until the operator has looked at all users at Clerk again, and at every object.
func (env *environment) waitForFullSync() {
	env.t.Helper()
	lists := env.calls(http.MethodGet, "/users")
	env.eventually("the operator to look again", func() error {
		if env.calls(http.MethodGet, "/users") < lists+2 {
			return errNotYet
		}
		return nil
	})
	env.touch()
	env.settle()
}

func fromNowhere(s *spec) {
	s.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: "nowhere", Key: "ann.png"}}
}

// TestModeratorsBanIsNotLiftedWhileSomethingFails lifts a ban that left the spec once, and leaves the next one alone.
func TestModeratorsBanIsNotLiftedWhileSomethingFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(env *environment, s *spec){
		"AMissingImage": func(_ *environment, s *spec) { fromNowhere(s) },
		"AnImageThatAProxyRefuses": func(env *environment, s *spec) {
			env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Body: "<html>", Times: -1})
			fromPortraits(s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.portraits(portrait(t, 1)))
			env.create(env.user("ann", banned))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.edit("ann", func(s *spec) { s.Banned = nil; fail(env, s) })
			env.eventually("the ban to be lifted", func() error {
				if env.atClerk("ann").Banned {
					return errNotYet
				}
				return nil
			})
			env.settle()
			env.editAtClerk("ann", func(u *emulator.User) { u.Banned = true })
			env.waitForFullSync()
			if !env.atClerk("ann").Banned {
				t.Error("the moderator's ban was lifted")
			}
			env.expectCalls(1, "POST", "/users/*/unban")
		})
	}
}

func TestLockOfClerksIsLiftedOnceWhileASourceIsMissing(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.Locked = true })
	env.edit("ann", func(s *spec) { s.Locked = ptr.To(false); fromNowhere(s) })
	env.expectReason("ann", v1alpha1.ReasonConfigMapNotFound)
	env.expectCalls(1, "POST", "/users/*/unlock")
	env.editAtClerk("ann", func(u *emulator.User) { u.Locked = true })
	env.waitForFullSync()
	env.expectCalls(1, "POST", "/users/*/unlock")
}

// TestMissingPictureHoldsBackNothingElse declares next to it what does not come from a source, or from one that is there.
func TestMissingPictureHoldsBackNothingElse(t *testing.T) {
	env := newRunningEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword, banned, func(s *spec) { s.PrivateMetadata = object(`{"role":"admin"}`) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.putSecret("ann", "password", "second-Of-All-77")
	env.edit("ann", func(s *spec) {
		s.PrivateMetadata, s.Banned = object(`{"role":"viewer"}`), ptr.To(false)
		fromNowhere(s)
	})
	env.expectReason("ann", v1alpha1.ReasonConfigMapNotFound)
	if user := env.atClerk("ann"); user.PrivateMetadata["role"] != "viewer" || user.Banned {
		t.Errorf("role %v, banned %t: a missing picture holds them back", user.PrivateMetadata["role"], user.Banned)
	}
	env.expectPassword("ann", "second-Of-All-77")
	env.expectNoWrites()
}

// TestWhatIsNotKeptHoldsBackNoOtherEntry has Clerk keep one address unverified, and refuse another until it is free.
func TestWhatIsNotKeptHoldsBackNoOtherEntry(t *testing.T) {
	env := newRunningEnvironment(t)
	other := env.clerk.Seed(verified("taken"))
	env.create(env.user("ann", withUsername("ann_lee"), func(s *spec) { s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierReserved) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(env.atClerk("ann").EmailAddresses[0])
	if err != nil {
		t.Fatal(err)
	}
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/email_addresses/*", Status: 200, Body: string(unchanged), Times: -1})
	env.edit("ann", func(s *spec) { s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierVerified); also("taken")(s) })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[1]", "did not keep it")
	env.expectNoWrites()
	env.expectCalls(1, "PATCH", "/email_addresses/*")
	env.removeAtClerk(other.ID)
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonNotKept)
	if n := len(env.atClerk("ann").EmailAddresses); n != 2 {
		t.Errorf("%d addresses, want the one that was freed, too", n)
	}
	env.expectNoWrites()
}

func TestBanStaysWhileClerkDoesNotKeepADemotion(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", role("admin"), banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(env.atClerk("ann"))
	if err != nil {
		t.Fatal(err)
	}
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 200, Body: string(unchanged), Times: -1})
	env.edit("ann", func(s *spec) { role("viewer")(s); s.Banned = ptr.To(false) })
	env.expectReason("ann", v1alpha1.ReasonNotKept)
	if !env.atClerk("ann").Banned {
		t.Error("an administrator was let in who was to be a viewer")
	}
	env.expectPendingChanges("ann", "banned", "publicMetadata")
	env.expectNoWrites()
}

// TestRefusedKeyOfTheApplicationStays has another call of the same plan fail, so that the plan does not come to its end.
func TestRefusedKeyOfTheApplicationStays(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.PublicMetadata = map[string]any{"plan": "gold"} })
	env.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 503})
	env.edit("ann", func(s *spec) { s.PublicMetadata, s.FirstName = object(`{"plan":"free"}`), ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.clerk.ClearFaults()
	env.edit("ann", func(s *spec) { s.PublicMetadata = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	if plan := env.atClerk("ann").PublicMetadata["plan"]; plan != "gold" {
		t.Errorf("the application's key is %v", plan)
	}
	env.expectNoWrites()
}

func TestRefusedBanGivesNoAccess(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.BanUnsupported = true })
	env.create(env.user("ann", role("admin")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Banned = ptr.To(true); role("none")(s); also("second")(s); withUsername("ann_lee")(s) })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.banned")
	env.expectRole("ann", "none")
	if user := env.atClerk("ann"); len(user.EmailAddresses) != 1 || user.Username != nil {
		t.Errorf("a user who was to be banned was given another way in: %+v %v", user.EmailAddresses, user.Username)
	}
	env.expectPendingChanges("ann", "banned", "emailAddresses", "username")
	env.expectNoWrites()
}

// TestRestoreWithoutItsSecretOverwritesNoPassword restores an object with its status, and its Secret later.
func TestRestoreWithoutItsSecretOverwritesNoPassword(t *testing.T) {
	env := newRunningEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	before := env.expectReason("ann", v1alpha1.ReasonInSync)
	env.halt()
	backup := before.DeepCopy()
	before.Finalizers = nil
	if err := env.client.Update(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	env.delete(before)
	env.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"}})
	if _, err := env.clerk.Edit(backup.Status.UserID, func(u *emulator.User) { u.Credentials.Password = "changed-By-The-Person-77" }); err != nil {
		t.Fatal(err)
	}
	restored := env.user("ann", withPassword)
	env.create(restored)
	restored.Status = backup.Status
	if err := env.client.Status().Update(t.Context(), restored); err != nil {
		t.Fatal(err)
	}
	env.start()
	env.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "changed-By-The-Person-77")
	env.expectNoWrites()
}

func TestObserverSaysThatASourceIsMissing(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { observes(s); fromNowhere(s) })
	env.expectReason("ann", v1alpha1.ReasonConfigMapNotFound)
}

func TestContentionIsCountedBesideARefusal(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Seed(verified("taken"))
	env.create(env.user("ann", also("second")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", also("taken"))
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	for i := range 3 {
		env.editAtClerk("ann", func(u *emulator.User) { u.EmailAddresses = u.EmailAddresses[:1] })
		env.eventually("the address to be put back", func() error {
			if env.calls("POST", "/email_addresses") < i+2 {
				return errNotYet
			}
			return nil
		})
		env.settle()
	}
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	env.editAtClerk("ann", func(u *emulator.User) { u.EmailAddresses = u.EmailAddresses[:1] })
	env.waitForFullSync()
	if n := len(env.atClerk("ann").EmailAddresses); n != 1 {
		t.Errorf("%d addresses: it was put back although somebody keeps taking it away", n)
	}
}

func TestIdentifierIsTakenOverThoughTheAnswerWasLost(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", also("shared")))
	env.create(env.user("bob"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("bob", also("shared"))
	env.expectReason("bob", v1alpha1.ReasonRejectedByClerk)
	env.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/email_addresses/*", Status: 503, AfterApplying: true})
	env.edit("ann", only("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestWalletIsTakenOverWhateverItsCase(t *testing.T) {
	const wallet = "0x52908400098527886E0F7030069857D2E4169EE7"
	env := newRunningEnvironment(t)
	holds := func(s *spec) { s.Initial = &v1alpha1.InitialValues{Web3Wallets: []string{wallet}} }
	env.create(env.user("ann", holds))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.create(env.user("bob", holds))
	env.expectReason("bob", v1alpha1.ReasonWaitingForDeletion)
	wallets := env.atClerk("ann").Web3Wallets
	env.runAction("release", "ann", func(s *actionSpec) { s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: &wallets[0].ID} })
	env.expectComplete("release")
	env.expectReason("bob", v1alpha1.ReasonInSync)
}

// TestInvalidSpecOfAVanishedUserNamesItsFault deletes the user at Clerk while only a ban could be carried out.
func TestInvalidSpecOfAVanishedUserNamesItsFault(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", cannotLeave, banned))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.server.Clock().Advance(2 * time.Minute)
	env.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"clerk-operator.io/role":1}`) })
	env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	env.removeAtClerk(id)
	env.waitForFullSync()
	user := env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	env.expectMessage(user, "spec.publicMetadata")
	if user.Status.UserID != id {
		t.Errorf("the object forgot its user: %q", user.Status.UserID)
	}
}

func TestManyRefusalsFitIntoAnEvent(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
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
		env.clerk.InjectFault(fault)
	}
	env.edit("ann", func(s *spec) {
		s.FirstName, s.LastName, s.Locale, s.ExternalID = ptr.To("Ann"), ptr.To("Lee"), ptr.To("de"), ptr.To("e-1")
		s.PublicMetadata, s.UnsafeMetadata = object(`{"a":1}`), object(`{"a":1}`)
		withUsername("ann_lee")(s)
	})
	user := env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectMessage(user, "spec.externalID", "spec.firstName", "spec.lastName", "spec.locale", "spec.publicMetadata", "spec.unsafeMetadata", "spec.username")
	env.expectEvent("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectNoWrites()
}

// TestFailingBanHoldsBackNoDemotion lets each ban fail for a transient reason.
func TestFailingBanHoldsBackNoDemotion(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", role("admin"), also("old")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/ban", Status: 503, Times: -1})
	env.edit("ann", func(s *spec) {
		role("none")(s)
		banned(s)
		withUsername("ann_lee")(s)
		s.EmailAddresses = s.EmailAddresses[:1]
	})
	env.expectRole("ann", "none")
	env.eventually("the address to be removed", func() error {
		if len(env.atClerk("ann").EmailAddresses) != 1 {
			return errNotYet
		}
		return nil
	})
	if env.atClerk("ann").Username != nil {
		t.Error("a user who is to be banned was given another way in")
	}
	env.eventually("Reconciling to name the call", func() error {
		reconciling := meta.FindStatusCondition(env.read("ann").Status.Conditions, v1alpha1.ConditionReconciling)
		if reconciling == nil || !strings.Contains(reconciling.Message, "ban (banned)") {
			return fmt.Errorf("it is %+v", reconciling)
		}
		return nil
	})
	env.clerk.ClearFaults()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

// TestDeletionsRepeatNoRefusedCreation deletes objects beside one whose user Clerk refuses to create.
func TestDeletionsRepeatNoRefusedCreation(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("bad", withUsername("a!")))
	env.expectReason("bad", v1alpha1.ReasonRejectedByClerk)
	for _, name := range []string{"one", "two"} {
		env.create(env.user(name))
		env.expectReason(name, v1alpha1.ReasonInSync)
		env.delete(env.read(name))
		env.expectGone(name)
	}
	env.settle()
	env.expectCalls(3, "POST", "/users")
}

func TestEveryMissingSourceIsNamed(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", withPassword, fromTokens, fromNowhere))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonSecretNotFound), "spec.password", "spec.privateMetadataFrom[0]", "spec.profileImage")
}

func TestHeldBackPrivateMetadataIsNamed(t *testing.T) {
	env := newRunningEnvironment(t)
	env.putSecret("tokens", "billing", "tok-1")
	env.create(env.user("ann", fromTokens, func(s *spec) { s.PrivateMetadata = object(`{"role":"admin"}`) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "tokens"}})
	env.edit("ann", func(s *spec) { s.PrivateMetadata = object(`{"role":"viewer"}`) })
	env.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	env.expectPendingChanges("ann", "privateMetadata")
}
