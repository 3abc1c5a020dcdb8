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
	w := newLiveWorld(t)
	there := w.clerk.Seed(verified("ann"))
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/" + there.ID, Delay: 7 * time.Second})
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/" + there.ID, Delay: 300 * time.Millisecond, Skip: 1})
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", BodyContains: "/younger ", Delay: 9 * time.Second})
	w.create(w.user("older", adoptsForGood(there.ID)))
	// Creation times have whole seconds.
	time.Sleep(1100 * time.Millisecond)
	w.create(w.user("younger", adoptsForGood(there.ID)))
	w.eventually("the younger to have written its mark", func() error {
		if w.calls("PATCH", "/users/*/metadata") < 2 {
			return errNotYet
		}
		return nil
	})
	w.becomes("younger", v1alpha1.ReasonConflict)
	w.becomes("older", v1alpha1.ReasonInSync)
	w.rests()
	w.becomes("younger", v1alpha1.ReasonConflict)
	w.becomes("older", v1alpha1.ReasonInSync)
	w.delete(w.read("younger"))
	w.vanishes("younger")
	w.wantUsers(1)
	w.becomes("older", v1alpha1.ReasonInSync)
	w.rests()
	w.delete(w.read("older"))
	w.vanishes("older")
	w.wantUsers(0)
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
	adopted := func(t *testing.T, change func(*spec)) (w *world, id string) {
		t.Helper()
		w = newLiveWorld(t)
		id = w.clerk.Seed(verified("ann")).ID
		w.dieAfter("PATCH", "/users/*/metadata", func() { w.create(w.user("ann", adoptsForGood(id), change)) })
		w.delete(w.read("ann"))
		w.start()
		w.vanishes("ann")
		return w, id
	}
	t.Run("PolicyDeleteDeletes", func(t *testing.T) {
		w, id := adopted(t, func(*spec) {})
		if u := w.clerk.User(id); u != nil {
			t.Errorf("the user is left: %+v", u)
		}
	})
	t.Run("TheDefaultTakesTheMarkBack", func(t *testing.T) {
		w, id := adopted(t, func(s *spec) { s.DeletionPolicy = nil })
		if u := w.clerk.User(id); u == nil || u.PrivateMetadata[v1alpha1.OwnerKey] != nil {
			t.Errorf("the user is %+v", u)
		}
	})
}

func TestDeletionInModeObserveLeavesTheUser(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) })
	w.becomes("ann", v1alpha1.ReasonObserved)
	w.clerk.ResetJournal()
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventReleased)
	w.wantUsers(1)
	if writes := w.clerk.Journal().Writes(); len(writes) != 0 {
		t.Errorf("mode Observe wrote: %+v", writes)
	}
}
