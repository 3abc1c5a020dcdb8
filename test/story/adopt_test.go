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
			w := newLiveWorld(t)
			there := w.clerk.Seed(tc.seed)
			w.create(w.user("ann", func(s *spec) { s.FirstName = ptr.To("Ann"); tc.change(s, there.ID) }))
			user := w.becomes("ann", tc.want)
			if tc.want != v1alpha1.ReasonInSync {
				if n := len(w.clerk.Users()); n != 1 || w.clerk.User(there.ID).FirstName != nil || user.Status.UserID != "" {
					t.Errorf("a user was taken or made: %d users, %+v", n, w.clerk.User(there.ID))
				}
				w.rests()
				w.delete(user)
				w.vanishes("ann")
				if w.clerk.User(there.ID) == nil {
					t.Error("deleting the object deleted the user of somebody else")
				}
				return
			}
			if user.Status.UserID != there.ID || user.Status.Origin != v1alpha1.OriginAdopted || user.Status.OnDelete != v1alpha1.DeletionRetain {
				t.Errorf("status is %+v", user.Status)
			}
			if u := w.clerk.User(there.ID); *u.FirstName != "Ann" || u.PrivateMetadata[v1alpha1.OwnerKey] == nil {
				t.Errorf("the user at Clerk is %+v", u)
			}
			w.tells("ann", v1alpha1.EventAdopted)
			w.rests()
		})
	}
}

func TestUnverifiedAddressOfSomebodyElseIsNotTaken(t *testing.T) {
	w := newLiveWorld(t)
	squatter := w.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail(address("ann"))}})
	w.create(w.user("ann", ifUnmanaged))
	user := w.becomes("ann", v1alpha1.ReasonInSync)
	if user.Status.UserID == squatter.ID || user.Status.Origin != v1alpha1.OriginCreated {
		t.Errorf("the squatter's account was taken: %+v", user.Status)
	}
	w.rests()
}

func TestIdentifiersOfTwoUsersAreAmbiguous(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Seed(verified("ann"))
	w.clerk.Seed(emulator.User{Username: ptr.To("ann_lee")})
	w.create(w.user("ann", ifUnmanaged, func(s *spec) { s.Username = ptr.To("ann_lee") }))
	w.becomes("ann", v1alpha1.ReasonAmbiguous)
	if n := len(w.clerk.Journal().Writes().Matching("PATCH", "**")); n != 0 {
		t.Errorf("%d users were changed", n)
	}
	w.rests()
}

func TestAdoptionDeniedByTheInstance(t *testing.T) {
	w := newLiveWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionNone)}
	})
	there := w.clerk.Seed(verified("ann"))
	w.create(w.user("ann", func(s *spec) { s.UserID = &there.ID }))
	w.becomes("ann", v1alpha1.ReasonAlreadyExists)
	w.wantCalls(0, "GET", "/users/"+there.ID)
	w.rests()
	w.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.Policy = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestUserIDThatIsNotThere(t *testing.T) {
	w := newLiveWorld(t)
	there := w.clerk.Seed(verified("ann"))
	w.create(w.user("ann", func(s *spec) { s.UserID = ptr.To("user_nobody") }))
	w.becomes("ann", v1alpha1.ReasonWaiting)
	w.server.Clock().Advance(lagTime)
	w.becomes("ann", v1alpha1.ReasonMissing)
	w.rests()
	w.edit("ann", func(s *spec) { s.UserID = &there.ID })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestObserveChangesNothing(t *testing.T) {
	w := newLiveWorld(t)
	there := w.clerk.Seed(verified("ann"))
	observe := func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }
	w.create(w.user("ann", observe, func(s *spec) {
		s.UserID, s.FirstName, s.PublicMetadata = &there.ID, ptr.To("Secret Name"), object(`{"role":"hidden value"}`)
	}))
	w.create(w.user("nobody", observe))
	user := w.becomes("ann", v1alpha1.ReasonObserved)
	if got := strings.Join(user.Status.PendingChanges, ","); !strings.Contains(got, "firstName") || !strings.Contains(got, "publicMetadata") {
		t.Errorf("pendingChanges is %s", got)
	}
	message := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady).Message
	if strings.Contains(message, "Secret Name") || strings.Contains(message, "hidden value") {
		t.Errorf("the message shows a value: %s", message)
	}
	w.becomes("nobody", v1alpha1.ReasonObserved)
	w.rests()
	if n := len(w.clerk.Journal().Writes()); n != 0 {
		t.Errorf("%d writes in mode Observe", n)
	}
	if len(user.Finalizers) != 0 {
		t.Error("an object that changes nothing holds a finalizer")
	}
	w.edit("ann", func(s *spec) { s.Mode = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	if u := w.clerk.User(there.ID); *u.FirstName != "Secret Name" {
		t.Errorf("mode Enforce did not enforce: %+v", u)
	}
	w.rests()
}

func TestTwoObjectsOneUser(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.create(w.user("also-ann", func(s *spec) { s.EmailAddresses[0].Address = address("ann"); s.FirstName = ptr.To("Eve") }))
	user := w.becomes("also-ann", v1alpha1.ReasonConflict)
	if message := user.Status.Conditions[0].Message; !strings.Contains(message, "ClerkUser ann ") {
		t.Errorf("the message does not name the winner: %s", message)
	}
	w.rests()
	if u := w.atClerk("ann"); u.FirstName != nil {
		t.Error("the loser wrote")
	}
	w.delete(user)
	w.vanishes("also-ann")
	if len(w.clerk.Users()) != 1 {
		t.Error("deleting the loser deleted the user")
	}
	w.rests()
}

func TestUserDeletedAtClerk(t *testing.T) {
	t.Parallel()
	t.Run("IsMissingIfThePersonMayHaveLeft", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann"))
		id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
		w.removeAtClerk(id)
		w.becomes("ann", v1alpha1.ReasonMissing)
		w.rests()
		w.wantCalls(1, "POST", "/users")
		w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		user := w.becomes("ann", v1alpha1.ReasonInSync)
		if user.Status.UserID == id || w.clerk.User(user.Status.UserID) == nil {
			t.Errorf("the user was not created anew: %+v", user.Status)
		}
		w.tells("ann", v1alpha1.EventRecreated)
		w.rests()
	})
	t.Run("IsCreatedAgainIfThePersonCouldNotLeave", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann", func(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }))
		id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
		w.removeAtClerk(id)
		w.tells("ann", v1alpha1.EventRecreated)
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.wantCalls(2, "POST", "/users")
		w.rests()
	})
	t.Run("IsMissingIfItWasAdoptedAndAnotherMayBeNamed", func(t *testing.T) {
		w := newLiveWorld(t)
		first, second := w.clerk.Seed(verified("ann")), w.clerk.Seed(verified("bob"))
		w.create(w.user("ann", func(s *spec) { s.UserID, s.EmailAddresses = &first.ID, nil }))
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.removeAtClerk(first.ID)
		w.becomes("ann", v1alpha1.ReasonMissing)
		w.rests()
		w.edit("ann", func(s *spec) { s.UserID = &second.ID })
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.rests()
	})
}
