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

// TestEditDuringAPassIsNotTakenForDrift changes the spec while a pass over the one before reads the user, and so before
// that pass writes down what it is about to do.
func TestEditDuringAPassIsNotTakenForDrift(t *testing.T) {
	w := lockedByClerk(t)
	w.editInstance(slow)
	w.settle()
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/*", Delay: time.Second})
	user := w.read("ann")
	before := user.DeepCopy()
	user.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
	user.Spec.Banned = ptr.To(true)
	if err := w.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.eventually("the user to be read", func() error {
		if len(w.clerk.Faults()) != 0 {
			return errNotYet
		}
		return nil
	})
	w.edit("ann", func(s *spec) { s.Locked = ptr.To(false) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	if w.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", w.describe())
	}
}

// TestLockThatWasNotSeenYetIsLifted unlocks a user whom Clerk locked since the operator looked last.
func TestLockThatWasNotSeenYetIsLifted(t *testing.T) {
	w := newLiveWorld(t, slow)
	w.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 100 * time.Hour })
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := w.clerk.Edit(id, func(u *emulator.User) { u.Locked = true }); err != nil {
		t.Fatal(err)
	}
	w.edit("ann", func(s *spec) { s.Locked = ptr.To(false) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	if w.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", w.describe())
	}
}
