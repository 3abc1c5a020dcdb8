// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestMassAbsenceThatEndedDoesNotDisarmTheBrake releases something after the users that were missing together are back.
func TestMassAbsenceThatEndedDoesNotDisarmTheBrake(t *testing.T) {
	w := newLiveWorld(t, brakesAfterOne)
	names, ids := w.mostVanish()
	w.comeBack(names, ids)
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.settle()
	// Somebody releases something else, or too late.
	w.releaseDeletions(w.server.Clock().Now())
	w.settle()
	before := w.calls("POST", "/users")
	w.removeAtClerk(ids[:4]...)
	w.eventually("one of them to be created again", func() error {
		if w.calls("POST", "/users") == before {
			return errNotYet
		}
		return nil
	})
	w.settle()
	if n := w.calls("POST", "/users") - before; n != 1 {
		t.Errorf("%d users were created again, the brake allows 1", n)
	}
}

// TestReconcileRequestedAtDoesNotReleaseAMassAbsence asks for a fresh look at users that are held.
func TestReconcileRequestedAtDoesNotReleaseAMassAbsence(t *testing.T) {
	w := newLiveWorld(t)
	names, _ := w.mostVanish()
	for _, name := range names {
		w.annotate(name, v1alpha1.AnnotationReconcileRequestedAt, "now")
	}
	w.elapse(4)
	if n := len(w.clerk.Users()); n != 1 {
		t.Errorf("%d users at Clerk, want 1: nothing was released", n)
	}
}

// TestObserversAreNotHeldAfterARestart restarts with objects that look at users whom nobody has.
func TestObserversAreNotHeldAfterARestart(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", cannotLeave))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	for i := range 8 {
		w.create(w.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = ptr.To(fmt.Sprintf("user_2Stranger%d", i)) }))
	}
	w.settle()
	w.removeAtClerk(id)
	w.halt()
	w.start()
	w.elapse(5)
	for i := range 8 {
		if r := w.reason(fmt.Sprintf("p%d", i)); r == v1alpha1.ReasonDeletionHeld {
			t.Errorf("p%d, which only observes and never had a user, became %s", i, r)
		}
	}
}

// TestStrangersOfANeighbourHoldNobody has users that nobody has beside one that is owed a re-creation.
func TestStrangersOfANeighbourHoldNobody(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", cannotLeave))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	for i := range 8 {
		w.create(w.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = ptr.To(fmt.Sprintf("user_2Stranger%d", i)) }))
	}
	w.settle()
	w.server.Clock().Advance(2 * lagTime)
	if err := w.clerk.Delete(id); err != nil {
		t.Fatal(err)
	}
	w.restart()
	w.eventually("ann's user to be created again", func() error {
		if w.clerk.Find(func(*emulator.User) bool { return true }) == nil {
			return errNotYet
		}
		return nil
	})
}
