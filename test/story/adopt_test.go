// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func ifUnmanaged(s *spec) { s.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }

func verified(name string) emulator.User {
	return emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address(name))}}
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		seed   emulator.User
		change func(*spec, string)
		want   string
	}{
		"ByUserID":          {verified("ann"), func(s *spec, id string) { s.UserID = &id }, v1alpha1.ReasonInSync},
		"ByVerifiedAddress": {verified("ann"), func(s *spec, _ string) { ifUnmanaged(s) }, v1alpha1.ReasonInSync},
		"ByExternalID": {
			emulator.User{ExternalID: ptr.To("hr 17")},
			func(s *spec, _ string) { ifUnmanaged(s); s.ExternalID, s.EmailAddresses = ptr.To("hr 17"), nil }, v1alpha1.ReasonInSync,
		},
		"NeverIsTheDefault": {verified("ann"), func(*spec, string) {}, v1alpha1.ReasonAlreadyExists},
		"SquattedUsernameIsRefused": {
			emulator.User{Username: ptr.To("admin_1")},
			func(s *spec, _ string) { ifUnmanaged(s); s.Username = ptr.To("Admin_1") }, v1alpha1.ReasonAlreadyExists,
		},
		"ReservedAddressIsRefused": {
			emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.ReservedEmail(address("ann"))}},
			func(s *spec, _ string) { ifUnmanaged(s) }, v1alpha1.ReasonAlreadyExists,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			there := env.clerk.Seed(tc.seed)
			env.create(env.user("ann", func(s *spec) { s.FirstName = ptr.To("Ann"); tc.change(s, there.ID) }))
			user := env.expectReason("ann", tc.want)
			if tc.want != v1alpha1.ReasonInSync {
				if n := len(env.clerk.Users()); n != 1 || env.clerk.User(there.ID).FirstName != nil || user.Status.UserID != "" {
					t.Errorf("a user was taken or made: %d users, %+v", n, env.clerk.User(there.ID))
				}
				env.expectNoWrites()
				env.delete(user)
				env.expectGone("ann")
				if env.clerk.User(there.ID) == nil {
					t.Error("deleting the object deleted the user of somebody else")
				}
				return
			}
			if user.Status.UserID != there.ID || user.Status.Origin != v1alpha1.OriginAdopted || user.Status.OnDelete != v1alpha1.DeletionRetain {
				t.Errorf("status is %+v", user.Status)
			}
			if u := env.clerk.User(there.ID); *u.FirstName != "Ann" || u.PrivateMetadata[v1alpha1.OwnerKey] == nil {
				t.Errorf("the user at Clerk is %+v", u)
			}
			env.expectEvent("ann", v1alpha1.EventAdopted)
			env.expectNoWrites()
		})
	}
}

func TestUnverifiedAddressOfSomebodyElseIsNotTaken(t *testing.T) {
	env := newRunningEnvironment(t)
	squatter := env.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail(address("ann"))}})
	env.create(env.user("ann", ifUnmanaged))
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	if user.Status.UserID == squatter.ID || user.Status.Origin != v1alpha1.OriginCreated {
		t.Errorf("the squatter's account was taken: %+v", user.Status)
	}
	env.expectNoWrites()
}

func TestIdentifiersOfTwoUsersAreAmbiguous(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Seed(verified("ann"))
	env.clerk.Seed(emulator.User{Username: ptr.To("ann_lee")})
	env.create(env.user("ann", ifUnmanaged, func(s *spec) { s.Username = ptr.To("ann_lee") }))
	env.expectReason("ann", v1alpha1.ReasonAmbiguous)
	if n := len(env.clerk.Journal().Writes().Matching("PATCH", "**")); n != 0 {
		t.Errorf("%d users were changed", n)
	}
	env.expectNoWrites()
}

func TestAdoptionDeniedByTheInstance(t *testing.T) {
	env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionNone)}
	})
	there := env.clerk.Seed(verified("ann"))
	env.create(env.user("ann", func(s *spec) { s.UserID = &there.ID }))
	env.expectReason("ann", v1alpha1.ReasonAlreadyExists)
	env.expectCalls(0, "GET", "/users/"+there.ID)
	env.expectNoWrites()
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.Policy = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestUserIDThatIsNotThere(t *testing.T) {
	env := newRunningEnvironment(t)
	there := env.clerk.Seed(verified("ann"))
	env.create(env.user("ann", func(s *spec) { s.UserID = ptr.To("user_nobody") }))
	env.expectReason("ann", v1alpha1.ReasonWaiting)
	env.server.Clock().Advance(lagTime)
	env.expectReason("ann", v1alpha1.ReasonMissing)
	env.expectNoWrites()
	env.edit("ann", func(s *spec) { s.UserID = &there.ID })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestObserveChangesNothing(t *testing.T) {
	env := newRunningEnvironment(t)
	there := env.clerk.Seed(verified("ann"))
	observe := func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }
	env.create(env.user("ann", observe, func(s *spec) {
		s.UserID, s.FirstName, s.PublicMetadata = &there.ID, ptr.To("Secret Name"), object(`{"role":"hidden value"}`)
	}))
	env.create(env.user("nobody", observe))
	user := env.expectReason("ann", v1alpha1.ReasonObserved)
	if got := strings.Join(user.Status.PendingChanges, ","); !strings.Contains(got, "firstName") || !strings.Contains(got, "publicMetadata") {
		t.Errorf("pendingChanges is %s", got)
	}
	message := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady).Message
	if strings.Contains(message, "Secret Name") || strings.Contains(message, "hidden value") {
		t.Errorf("the message shows a value: %s", message)
	}
	env.expectReason("nobody", v1alpha1.ReasonObserved)
	env.expectNoWrites()
	if n := len(env.clerk.Journal().Writes()); n != 0 {
		t.Errorf("%d writes in mode Observe", n)
	}
	if len(user.Finalizers) != 0 {
		t.Error("an object that changes nothing holds a finalizer")
	}
	env.edit("ann", func(s *spec) { s.Mode = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if u := env.clerk.User(there.ID); *u.FirstName != "Secret Name" {
		t.Errorf("mode Enforce did not enforce: %+v", u)
	}
	env.expectNoWrites()
}

func TestTwoObjectsOneUser(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.create(env.user("also-ann", func(s *spec) { s.EmailAddresses[0].Address = address("ann"); s.FirstName = ptr.To("Eve") }))
	user := env.expectConflict("also-ann")
	if message := user.Status.Conditions[0].Message; !strings.Contains(message, "ClerkUser ann ") {
		t.Errorf("the message does not name the winner: %s", message)
	}
	env.expectNoWrites()
	if u := env.atClerk("ann"); u.FirstName != nil {
		t.Error("the loser wrote")
	}
	env.delete(user)
	env.expectGone("also-ann")
	if len(env.clerk.Users()) != 1 {
		t.Error("deleting the loser deleted the user")
	}
	env.expectNoWrites()
}

func TestUserDeletedAtClerk(t *testing.T) {
	t.Parallel()
	t.Run("IsMissingIfThePersonMayHaveLeft", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann"))
		id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
		env.removeAtClerk(id)
		env.expectReason("ann", v1alpha1.ReasonMissing)
		env.expectNoWrites()
		env.expectCalls(1, "POST", "/users")
		env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		user := env.expectReason("ann", v1alpha1.ReasonInSync)
		if user.Status.UserID == id || env.clerk.User(user.Status.UserID) == nil {
			t.Errorf("the user was not created anew: %+v", user.Status)
		}
		env.expectEvent("ann", v1alpha1.EventRecreated)
		env.expectNoWrites()
	})
	t.Run("IsCreatedAgainIfThePersonCouldNotLeave", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann", func(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }))
		id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
		env.removeAtClerk(id)
		env.expectEvent("ann", v1alpha1.EventRecreated)
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectCalls(2, "POST", "/users")
		env.expectNoWrites()
	})
	t.Run("IsMissingIfItWasAdoptedAndAnotherMayBeNamed", func(t *testing.T) {
		env := newRunningEnvironment(t)
		first, second := env.clerk.Seed(verified("ann")), env.clerk.Seed(verified("bob"))
		env.create(env.user("ann", func(s *spec) { s.UserID, s.EmailAddresses = &first.ID, nil }))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.removeAtClerk(first.ID)
		env.expectReason("ann", v1alpha1.ReasonMissing)
		env.expectNoWrites()
		env.edit("ann", func(s *spec) { s.UserID = &second.ID })
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectNoWrites()
	})
}
