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
	env := newRunningEnvironment(t, brakesAfterOne)
	names, ids := env.deleteMostAtClerk()
	env.restoreAtClerk(names, ids)
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.settle()
	// Somebody releases something else, or too late.
	env.releaseDeletions(env.server.Clock().Now())
	env.settle()
	before := env.calls("POST", "/users")
	env.removeAtClerk(ids[:4]...)
	env.eventually("one of them to be created again", func() error {
		if env.calls("POST", "/users") == before {
			return errNotYet
		}
		return nil
	})
	env.settle()
	if n := env.calls("POST", "/users") - before; n != 1 {
		t.Errorf("%d users were created again, the brake allows 1", n)
	}
}

// TestReconcileRequestedAtDoesNotReleaseAMassAbsence asks for a fresh look at users that are held.
func TestReconcileRequestedAtDoesNotReleaseAMassAbsence(t *testing.T) {
	env := newRunningEnvironment(t)
	names, _ := env.deleteMostAtClerk()
	for _, name := range names {
		env.annotate(name, v1alpha1.AnnotationReconcileRequestedAt, "now")
	}
	env.elapse(4)
	if n := len(env.clerk.Users()); n != 1 {
		t.Errorf("%d users at Clerk, want 1: nothing was released", n)
	}
}

// TestObserversAreNotHeldAfterARestart restarts with objects that look at users whom nobody has.
func TestObserversAreNotHeldAfterARestart(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", cannotLeave))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	for i := range 8 {
		env.create(env.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = ptr.To(fmt.Sprintf("user_2Stranger%d", i)) }))
	}
	env.settle()
	env.removeAtClerk(id)
	env.halt()
	env.start()
	env.elapse(5)
	for i := range 8 {
		if r := env.reason(fmt.Sprintf("p%d", i)); r == v1alpha1.ReasonDeletionHeld {
			t.Errorf("p%d, which only observes and never had a user, became %s", i, r)
		}
	}
}

// TestStrangersOfANeighbourHoldNobody has users that nobody has beside one that is owed a re-creation.
func TestStrangersOfANeighbourHoldNobody(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", cannotLeave))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	for i := range 8 {
		env.create(env.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = ptr.To(fmt.Sprintf("user_2Stranger%d", i)) }))
	}
	env.settle()
	env.server.Clock().Advance(2 * lagTime)
	if err := env.clerk.Delete(id); err != nil {
		t.Fatal(err)
	}
	env.restart()
	env.eventually("ann's user to be created again", func() error {
		if env.clerk.Find(func(*emulator.User) bool { return true }) == nil {
			return errNotYet
		}
		return nil
	})
}
