// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestDeletionPolicies(t *testing.T) {
	t.Parallel()
	seeded := func(w *world) string {
		return w.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address("ann"))}}).ID
	}
	tests := map[string]struct {
		adopt  bool
		policy *v1alpha1.DeletionPolicy
		deny   bool
		event  string
		holds  func(u *emulator.User) bool
	}{
		"CreatedUsersAreDeleted":    {event: v1alpha1.EventDeleted, holds: gone},
		"AdoptedUsersAreRetained":   {adopt: true, event: v1alpha1.EventReleased, holds: retained},
		"AdoptedUsersDeletedIfTold": {adopt: true, policy: ptr.To(v1alpha1.DeletionDelete), event: v1alpha1.EventDeleted, holds: gone},
		"Retain":                    {policy: ptr.To(v1alpha1.DeletionRetain), event: v1alpha1.EventReleased, holds: retained},
		"Ban": {policy: ptr.To(v1alpha1.DeletionBan), event: v1alpha1.EventBanned, holds: func(u *emulator.User) bool {
			return u != nil && u.Banned && u.PrivateMetadata[v1alpha1.OwnerKey] != nil
		}},
		"DeniedByTheInstance": {deny: true, event: v1alpha1.EventReleased, holds: retained},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t, func(i *v1alpha1.ClerkInstance) {
				if tc.deny {
					i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
				}
			})
			user := w.user("ann", func(s *spec) { s.DeletionPolicy = tc.policy })
			if tc.adopt {
				user.Spec.UserID = ptr.To(seeded(w))
			}
			w.create(user)
			id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			w.delete(user)
			w.vanishes("ann")
			w.tells("ann", tc.event)
			if !tc.holds(w.clerk.User(id)) {
				t.Errorf("the user at Clerk is %+v", w.clerk.User(id))
			}
			w.rests()
		})
	}
}

func gone(u *emulator.User) bool { return u == nil }

func retained(u *emulator.User) bool {
	return u != nil && !u.Banned && u.PrivateMetadata[v1alpha1.OwnerKey] == nil
}

func TestSuspendedObjectIsLetGo(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.edit("ann", func(s *spec) { s.Suspend, s.FirstName = ptr.To(true), ptr.To("Ann") })
	w.rests()
	if w.clerk.User(id).FirstName != nil {
		t.Error("a suspended object wrote to Clerk")
	}
	user := w.read("ann")
	if user.Status.ObservedGeneration == user.Generation {
		t.Error("a suspended object counts its spec as observed")
	}
	w.edit("ann", func(s *spec) { s.Suspend = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
	w.delete(w.read("ann"))
	w.vanishes("ann")
	if w.clerk.User(id) == nil {
		t.Error("deleting a suspended object deleted its user")
	}
	w.rests()
}

func TestRenameKeepsTheAccount(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.create(w.user("ann-lee", func(s *spec) {
		s.EmailAddresses[0].Address = address("ann")
		s.PublicMetadata = object(`{"role":"admin"}`)
	}))
	w.becomes("ann-lee", v1alpha1.ReasonConflict)
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventTransferred)
	user := w.becomes("ann-lee", v1alpha1.ReasonInSync)
	if user.Status.UserID != id || user.Status.Origin != v1alpha1.OriginCreated {
		t.Errorf("the new object has user %s, %s", user.Status.UserID, user.Status.Origin)
	}
	w.wantCalls(0, "DELETE", "/users/*")
	w.rests()
}

func TestBrakeHoldsMassDeletion(t *testing.T) {
	w := newLiveWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: time.Hour}}
	})
	for _, name := range []string{"ann", "bob"} {
		w.create(w.user(name))
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.delete(w.read("bob"))
	w.becomes("bob", v1alpha1.ReasonDeletionHeld)
	w.eventually("the instance to count what is held", func() error {
		instance := &v1alpha1.ClerkInstance{}
		w.get(instance, "default")
		if instance.Status.HeldDeletions != 1 || instance.Status.Deletions.Count != 1 {
			return errNotYet
		}
		return nil
	})
	w.rests()
	if len(w.clerk.Users()) != 1 {
		t.Fatalf("%d users are left, want 1", len(w.clerk.Users()))
	}
	w.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}
	})
	w.vanishes("bob")
	if len(w.clerk.Users()) != 0 {
		t.Error("the released deletion was not carried out")
	}
	w.rests()
}

func TestDirectoryManagedUserBlocksDeletionWithAWayOut(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := w.clerk.Edit(id, func(u *emulator.User) { u.Directory = &emulator.Directory{} }); err != nil {
		t.Fatal(err)
	}
	w.delete(w.read("ann"))
	w.becomes("ann", v1alpha1.ReasonDeletionBlocked)
	w.rests()
	w.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
	w.vanishes("ann")
	if w.clerk.User(id) == nil {
		t.Error("the user is gone")
	}
	w.rests()
}
