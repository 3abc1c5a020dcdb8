// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestLapsedLockOfAStalledObjectIsSetAgain lets a lock lapse while the object is stalled for something else.
func TestLapsedLockOfAStalledObjectIsSetAgain(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 2 * time.Second })
	w.create(w.user("ann", func(s *spec) { s.Locked = ptr.To(true) }))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	relocked := func(what string) {
		w.clerk.ResetJournal()
		w.eventually(what+": the lock to lapse and to be set again", func() error {
			if !w.clerk.User(id).Locked || w.calls("POST", "/users/*/lock") == 0 {
				return errNotYet
			}
			return nil
		})
	}
	relocked("in sync")
	w.edit("ann", func(s *spec) {
		s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: "r@example.com", Status: ptr.To(v1alpha1.IdentifierReserved)})
	})
	w.becomes("ann", v1alpha1.ReasonInvalidSpec)
	relocked("stalled")
}

// TestDeletedObserverIsForgotten deletes objects that only looked at a user.
func TestDeletedObserverIsForgotten(t *testing.T) {
	w := newLiveWorld(t)
	for i := range 3 {
		there := w.clerk.Seed(verified(fmt.Sprintf("p%d", i)))
		w.create(w.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = &there.ID }))
	}
	for i := range 3 {
		w.becomes(fmt.Sprintf("p%d", i), v1alpha1.ReasonObserved)
	}
	for i := range 3 {
		w.delete(w.read(fmt.Sprintf("p%d", i)))
		w.vanishes(fmt.Sprintf("p%d", i))
	}
	w.nobodyIsFollowed()
}

// TestForcedDeletionOfTheInstanceEndsItsMirror takes the finalizer of a ClerkInstance away by force.
func TestForcedDeletionOfTheInstanceEndsItsMirror(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	w.delete(instance)
	w.instanceBecomes(v1alpha1.ReasonDeleting)
	w.get(instance, "default")
	before := instance.DeepCopy()
	instance.Finalizers = nil
	if err := w.client.Patch(t.Context(), instance, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.becomes("ann", v1alpha1.ReasonInstanceNotFound)
	w.rest()
	w.clerk.ResetJournal()
	// There is no mirror left to ask for a sync. If it ran on, it would make two in this time.
	time.Sleep(2 * driftInterval)
	if n := len(w.clerk.Journal()); n != 0 {
		t.Errorf("%d calls for an instance that is gone", n)
	}
}

// TestForcedDeletionIsUnfollowed takes the finalizer of a ClerkUser away by force.
func TestForcedDeletionIsUnfollowed(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Path: "/users/user_*", Status: 503, Times: -1})
	w.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Status: 503, Times: -1})
	w.delete(w.read("ann"))
	w.eventually("the calls for the deletion to fail", func() error {
		if w.calls("GET", "/users/*")+w.calls("PATCH", "/users/*/metadata") == 0 {
			return errNotYet
		}
		return nil
	})
	u := w.read("ann")
	before := u.DeepCopy()
	u.Finalizers = nil
	if err := w.client.Patch(t.Context(), u, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.vanishes("ann")
	w.nobodyIsFollowed()
}

// TestSuspendedIsNotRead restarts with a suspended object.
func TestSuspendedIsNotRead(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
	w.settle()
	w.server.Clock().Advance(2 * lagTime)
	w.halt()
	w.clerk.ResetJournal()
	w.start()
	w.settle()
	w.sync(true)
	for _, e := range w.clerk.Journal() {
		if got := e.Values()["user_id"]; len(got) > 0 && got[0] == id {
			t.Errorf("the user of a suspended object is read: %s?%s", e.Path, e.Query)
			break
		}
	}
}

// nobodyIsFollowed waits until no mirror follows a user, after a full sync has become due.
func (w *world) nobodyIsFollowed() {
	w.t.Helper()
	w.server.Clock().Advance(v1alpha1.DefaultFullInterval + time.Minute)
	w.eventually("nobody to be followed", func() error {
		if n := w.gauge("clerk_operator_mirror_followed_users"); n != 0 {
			return fmt.Errorf("%v users are followed and there is no ClerkUser", n)
		}
		return nil
	})
}

func observes(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }

// gauge returns the value of a metric without labels that tell series apart.
func (w *world) gauge(name string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}
