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
	seeded := func(env *environment) string {
		return env.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address("ann"))}}).ID
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
			env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) {
				if tc.deny {
					i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
				}
			})
			user := env.user("ann", func(s *spec) { s.DeletionPolicy = tc.policy })
			if tc.adopt {
				user.Spec.UserID = ptr.To(seeded(env))
			}
			env.create(user)
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			env.delete(user)
			env.expectGone("ann")
			env.expectEvent("ann", tc.event)
			if !tc.holds(env.clerk.User(id)) {
				t.Errorf("the user at Clerk is %+v", env.clerk.User(id))
			}
			env.expectNoWrites()
		})
	}
}

func gone(u *emulator.User) bool { return u == nil }

func retained(u *emulator.User) bool {
	return u != nil && !u.Banned && u.PrivateMetadata[v1alpha1.OwnerKey] == nil
}

func TestSuspendedObjectIsLetGo(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.edit("ann", func(s *spec) { s.Suspend, s.FirstName = ptr.To(true), ptr.To("Ann") })
	env.expectNoWrites()
	if env.clerk.User(id).FirstName != nil {
		t.Error("a suspended object wrote to Clerk")
	}
	env.edit("ann", func(s *spec) { s.Suspend = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
	env.delete(env.read("ann"))
	env.expectGone("ann")
	if env.clerk.User(id) == nil {
		t.Error("deleting a suspended object deleted its user")
	}
	env.expectNoWrites()
}

func TestRenameKeepsTheAccount(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.create(env.user("ann-lee", func(s *spec) {
		s.EmailAddresses[0].Address = address("ann")
		s.PublicMetadata = object(`{"role":"admin"}`)
	}))
	env.expectReason("ann-lee", v1alpha1.ReasonWaitingForDeletion)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventTransferred)
	user := env.expectReason("ann-lee", v1alpha1.ReasonInSync)
	if user.Status.UserID != id || user.Status.Origin != v1alpha1.OriginCreated {
		t.Errorf("the new object has user %s, %s", user.Status.UserID, user.Status.Origin)
	}
	env.expectCalls(0, "DELETE", "/users/*")
	env.expectNoWrites()
}

// TestRenameKeepsTheAccountWhileListsLag has lists that show the mark of the former object after the transfer.
func TestRenameKeepsTheAccountWhileListsLag(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.create(env.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	env.expectReason("ann-lee", v1alpha1.ReasonWaitingForDeletion)
	env.server.Clock().Advance(2 * time.Minute)
	env.clerk.Configure(func(s *emulator.Settings) { s.ListLag = time.Minute })
	env.delete(env.read("ann"))
	env.expectGone("ann")
	if user := env.expectReason("ann-lee", v1alpha1.ReasonInSync); user.Status.UserID != id {
		t.Errorf("the new object has user %s, not %s", user.Status.UserID, id)
	}
	env.expectCalls(0, "DELETE", "/users/*")
}

func TestBrakeHoldsMassDeletion(t *testing.T) {
	env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: time.Hour}}
	})
	for _, name := range []string{"ann", "bob"} {
		env.create(env.user(name))
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.delete(env.read("bob"))
	env.expectReason("bob", v1alpha1.ReasonDeletionHeld)
	env.eventually("the instance to count what is held", func() error {
		instance := &v1alpha1.ClerkInstance{}
		env.get(instance, "default")
		if instance.Status.HeldDeletions != 1 || instance.Status.Deletions.Count != 1 {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
	if len(env.clerk.Users()) != 1 {
		t.Fatalf("%d users are left, want 1", len(env.clerk.Users()))
	}
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}
	})
	env.expectGone("bob")
	if len(env.clerk.Users()) != 0 {
		t.Error("the released deletion was not carried out")
	}
	env.expectNoWrites()
}

func TestDirectoryManagedUserBlocksDeletionWithAWayOut(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Directory = &emulator.Directory{} }); err != nil {
		t.Fatal(err)
	}
	env.delete(env.read("ann"))
	env.expectReason("ann", v1alpha1.ReasonDeletionBlocked)
	env.expectNoWrites()
	env.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
	env.expectGone("ann")
	if env.clerk.User(id) == nil {
		t.Error("the user is gone")
	}
	env.expectNoWrites()
}
