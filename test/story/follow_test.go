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
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 2 * time.Second })
	env.create(env.user("ann", func(s *spec) { s.Locked = ptr.To(true) }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	relocked := func(what string) {
		env.clerk.ResetJournal()
		env.eventually(what+": the lock to lapse and to be set again", func() error {
			if !env.clerk.User(id).Locked || env.calls("POST", "/users/*/lock") == 0 {
				return errNotYet
			}
			return nil
		})
	}
	relocked("in sync")
	env.edit("ann", func(s *spec) {
		s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: "r@example.com", Status: ptr.To(v1alpha1.IdentifierReserved)})
	})
	env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	relocked("stalled")
}

// TestDeletedObserverIsForgotten deletes objects that only looked at a user.
func TestDeletedObserverIsForgotten(t *testing.T) {
	env := newRunningEnvironment(t)
	for i := range 3 {
		there := env.clerk.Seed(verified(fmt.Sprintf("p%d", i)))
		env.create(env.user(fmt.Sprintf("p%d", i), observes, func(s *spec) { s.UserID = &there.ID }))
	}
	for i := range 3 {
		env.expectReason(fmt.Sprintf("p%d", i), v1alpha1.ReasonObserved)
	}
	for i := range 3 {
		env.delete(env.read(fmt.Sprintf("p%d", i)))
		env.expectGone(fmt.Sprintf("p%d", i))
	}
	env.expectNobodyFollowed()
}

// TestForcedDeletionOfTheInstanceEndsItsMirror takes the finalizer of a ClerkInstance away by force.
func TestForcedDeletionOfTheInstanceEndsItsMirror(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	env.delete(instance)
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.get(instance, "default")
	before := instance.DeepCopy()
	instance.Finalizers = nil
	if err := env.client.Patch(t.Context(), instance, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.expectReason("ann", v1alpha1.ReasonInstanceNotFound)
	env.waitForRest()
	env.clerk.ResetJournal()
	// There is no mirror left to ask for a sync. If it ran on, it would make two in this time.
	time.Sleep(2 * driftInterval)
	if n := len(env.clerk.Journal()); n != 0 {
		t.Errorf("%d calls for an instance that is gone", n)
	}
}

// TestForcedDeletionIsUnfollowed takes the finalizer of a ClerkUser away by force.
func TestForcedDeletionIsUnfollowed(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Path: "/users/user_*", Status: 503, Times: -1})
	env.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Status: 503, Times: -1})
	env.delete(env.read("ann"))
	env.eventually("the calls for the deletion to fail", func() error {
		if env.calls("GET", "/users/*")+env.calls("PATCH", "/users/*/metadata") == 0 {
			return errNotYet
		}
		return nil
	})
	u := env.read("ann")
	before := u.DeepCopy()
	u.Finalizers = nil
	if err := env.client.Patch(t.Context(), u, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.expectGone("ann")
	env.expectNobodyFollowed()
}

// TestSuspendedIsNotRead restarts with a suspended object.
func TestSuspendedIsNotRead(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
	env.settle()
	env.server.Clock().Advance(2 * lagTime)
	env.halt()
	env.clerk.ResetJournal()
	env.start()
	env.settle()
	env.sync(true)
	for _, e := range env.clerk.Journal() {
		if got := e.Values()["user_id"]; len(got) > 0 && got[0] == id {
			t.Errorf("the user of a suspended object is read: %s?%s", e.Path, e.Query)
			break
		}
	}
}

// expectNobodyFollowed waits until no mirror follows a user, after a full sync has become due.
func (env *environment) expectNobodyFollowed() {
	env.t.Helper()
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval + time.Minute)
	env.eventually("nobody to be followed", func() error {
		if n := env.gauge("clerk_operator_mirror_followed_users"); n != 0 {
			return fmt.Errorf("%v users are followed and there is no ClerkUser", n)
		}
		return nil
	})
}

func observes(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }

// gauge returns the value of a metric that has one series.
func (env *environment) gauge(name string) float64 {
	env.t.Helper()
	families, err := env.metrics.Gather()
	if err != nil {
		env.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}
