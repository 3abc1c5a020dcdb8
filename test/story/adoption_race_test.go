// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestOfTwoThatAdoptAtOnceTheOlderWins lets both see a user that is nobody's, and the younger write its mark last.
func TestOfTwoThatAdoptAtOnceTheOlderWins(t *testing.T) {
	env := newRunningEnvironment(t)
	there := env.clerk.Seed(verified("ann"))
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/" + there.ID, Delay: 7 * time.Second})
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/" + there.ID, Delay: 300 * time.Millisecond, Skip: 1})
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", BodyContains: "/younger ", Delay: 9 * time.Second})
	env.create(env.user("older", adoptsForGood(there.ID)))
	// Creation times have whole seconds.
	time.Sleep(1100 * time.Millisecond)
	env.create(env.user("younger", adoptsForGood(there.ID)))
	env.eventually("the younger to have written its mark", func() error {
		if env.calls("PATCH", "/users/*/metadata") < 2 {
			return errNotYet
		}
		return nil
	})
	env.expectReason("younger", v1alpha1.ReasonConflict)
	env.expectReason("older", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectReason("younger", v1alpha1.ReasonConflict)
	env.expectReason("older", v1alpha1.ReasonInSync)
	env.delete(env.read("younger"))
	env.expectGone("younger")
	env.expectUsers(1)
	env.expectReason("older", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.delete(env.read("older"))
	env.expectGone("older")
	env.expectUsers(0)
}

// adoptsForGood adopts a user by its id and takes on to delete it.
func adoptsForGood(id string) func(*spec) {
	return func(s *spec) {
		s.UserID, s.EmailAddresses, s.DeletionPolicy = &id, nil, ptr.To(v1alpha1.DeletionDelete)
	}
}

// TestCrashAfterAdoptionForgetsNothing ends the operator after the mark was written and before it heard of it.
func TestCrashAfterAdoptionForgetsNothing(t *testing.T) {
	t.Parallel()
	adopted := func(t *testing.T, change func(*spec)) (env *environment, id string) {
		t.Helper()
		env = newRunningEnvironment(t)
		id = env.clerk.Seed(verified("ann")).ID
		env.haltAfterCall("PATCH", "/users/*/metadata", func() { env.create(env.user("ann", adoptsForGood(id), change)) })
		env.delete(env.read("ann"))
		env.start()
		env.expectGone("ann")
		return env, id
	}
	t.Run("PolicyDeleteDeletes", func(t *testing.T) {
		env, id := adopted(t, func(*spec) {})
		if u := env.clerk.User(id); u != nil {
			t.Errorf("the user is left: %+v", u)
		}
	})
	t.Run("TheDefaultTakesTheMarkBack", func(t *testing.T) {
		env, id := adopted(t, func(s *spec) { s.DeletionPolicy = nil })
		if u := env.clerk.User(id); u == nil || u.PrivateMetadata[v1alpha1.OwnerKey] != nil {
			t.Errorf("the user is %+v", u)
		}
	})
}

func TestDeletionInModeObserveLeavesTheUser(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) })
	env.expectReason("ann", v1alpha1.ReasonObserved)
	env.clerk.ResetJournal()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventReleased)
	env.expectUsers(1)
	if writes := env.clerk.Journal().Writes(); len(writes) != 0 {
		t.Errorf("mode Observe wrote: %+v", writes)
	}
}
