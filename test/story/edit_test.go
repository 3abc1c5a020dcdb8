// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestEditDuringAReconciliationIsNotTakenForDrift changes the spec while a reconciliation of the spec before reads the user, and so before
// that reconciliation records what it is about to do.
func TestEditDuringAReconciliationIsNotTakenForDrift(t *testing.T) {
	env := lockedByClerk(t)
	env.editInstance(slow)
	env.settle()
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/*", Delay: time.Second})
	user := env.read("ann")
	before := user.DeepCopy()
	user.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
	user.Spec.Banned = ptr.To(true)
	if err := env.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.eventually("the user to be read", func() error {
		if len(env.clerk.Faults()) != 0 {
			return errNotYet
		}
		return nil
	})
	env.edit("ann", func(s *spec) { s.Locked = ptr.To(false) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	if env.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", env.describe())
	}
}

// TestLockThatWasNotSeenYetIsLifted unlocks a user whom Clerk locked since the operator looked last.
func TestLockThatWasNotSeenYetIsLifted(t *testing.T) {
	env := newRunningEnvironment(t, slow)
	env.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 100 * time.Hour })
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Locked = true }); err != nil {
		t.Fatal(err)
	}
	env.edit("ann", func(s *spec) { s.Locked = ptr.To(false) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	if env.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", env.describe())
	}
}
