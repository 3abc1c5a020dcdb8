// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// letGo deletes an object and reconciles it until it is gone and its user is about to be removed.
func (f *fixture) letGo(name string) {
	f.t.Helper()
	f.delete(name)
	f.expectReason(name, v1alpha1.ReasonDeletionPending)
	f.clock.advance(30 * time.Second)
	f.expectGone(name)
	f.onlyUser()
}

// reconcileFormer reconciles the former objects of a name.
func (f *fixture) reconcileFormer(name string) time.Duration {
	f.t.Helper()
	after, err := f.reconcileFormers(f.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name})
	if err != nil {
		f.t.Logf("reconciling the former %s: %v", name, err)
	}
	return after
}

// TestFormerObjectIsTriedAgain has the removal of a former object's user fail.
func TestFormerObjectIsTriedAgain(t *testing.T) {
	t.Parallel()
	refused := func(status int, code string) func(*fixture) {
		return func(f *fixture) {
			f.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: status, Code: code, Times: -1})
		}
	}
	tests := map[string]struct {
		fail  func(*fixture)
		after time.Duration
		event bool
	}{
		"Refused":            {refused(409, "user_managed_by_scim"), formerRetry, true},
		"RefusedKey":         {refused(401, "authentication_invalid"), formerRetry, true},
		"ServerError":        {refused(503, ""), 0, false},
		"InstanceNotReady":   {func(f *fixture) { f.setState(connection.State{Problem: "no key"}) }, formerRetry, true},
		"InstanceNotChecked": {func(f *fixture) { f.Pool.Drop(instanceName(newTestInstance())) }, 30 * time.Second, false},
		"TheUserIsNotVisible": {func(f *fixture) {
			f.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/*", Status: 404, Code: "resource_not_found", Times: -1})
		}, 10 * time.Second, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, withDelay(30*time.Second))
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.letGo("ann")
			if after := f.reconcileFormer("ann"); after != namesakeTime {
				t.Fatalf("a new object of the name is awaited for %s", after)
			}
			f.clock.advance(namesakeTime)
			state, _ := f.Pool.State(instanceName(newTestInstance()))
			tc.fail(f)
			recordedEvents(f.Reconciler)
			if after := f.reconcileFormer("ann"); after > tc.after || after == 0 && tc.after != 0 {
				t.Errorf("it is tried again after %s, want %s", after, tc.after)
			}
			if n := len(recordedEvents(f.Reconciler)); n != map[bool]int{true: 1}[tc.event] {
				t.Errorf("%d events", n)
			}
			f.onlyUser()
			f.clerk.ClearFaults()
			f.connect(state.Connection.Client, instanceName(newTestInstance()))
			f.clock.advance(time.Hour)
			if after := f.reconcileFormer("ann"); after != 0 || len(f.clerk.Users()) != 0 {
				t.Errorf("the user is not removed; it is tried again after %s", after)
			}
			f.expectEvent(v1alpha1.EventDeleted)
			f.clerk.ResetJournal()
			f.reconcileFormer("ann")
			f.expectCalls(0)
		})
	}
}

// TestFormerObjectWithoutRights leaves the user if the instance no longer admits the namespace.
func TestFormerObjectWithoutRights(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withDelay(30*time.Second))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.letGo("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	f.setState(connection.State{Problem: "no key"})
	f.reconcileFormer("ann")
	f.clock.advance(namesakeTime)
	recordedEvents(f.Reconciler)
	f.reconcileFormer("ann")
	f.expectEvent(v1alpha1.EventReleased)
	f.onlyUser()
	if !f.Pool.Settled("ann-uid") {
		t.Error("the pending deletion is not settled")
	}
}

func (f *fixture) setState(state connection.State) {
	f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), state))
}

// TestFormerObjectIsOnRecordAtTheAPIServer has a cache that still shows a pending deletion which somebody took off the record.
func TestFormerObjectIsOnRecordAtTheAPIServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withDelay(30*time.Second))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.letGo("ann")
	cached := f.instance()
	current := cached.DeepCopy()
	current.Status.PendingDeletions = nil
	if err := f.cluster.Status().Update(t.Context(), current); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.former(cached, cached.Status.PendingDeletions[0]).reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.clock.advance(namesakeTime)
	}
	f.onlyUser()
}

// TestPendingDeletionOfAnObjectThatIsNotDeleted has an entry that the operator did not write. It would hold the ClerkInstance for ever.
func TestPendingDeletionOfAnObjectThatIsNotDeleted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withDelay(30*time.Second))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	instance := f.instance()
	instance.Status.PendingDeletions = []v1alpha1.PendingDeletion{{
		UID: "ann-uid", Namespace: testNamespace, Name: "ann", UserID: f.onlyUser().ID, Policy: v1alpha1.DeletionDelete, Since: metav1.NewTime(start),
	}}
	if err := f.cluster.Status().Update(t.Context(), instance); err != nil {
		t.Fatal(err)
	}
	recordedEvents(f.Reconciler)
	f.reconcileFormer("ann")
	if n := f.pendingDeletions(); n != 0 {
		t.Errorf("%d pending deletions are on record, want none", n)
	}
	if events := recordedEvents(f.Reconciler); len(events) != 0 {
		t.Errorf("events of an object that exists: %v", events)
	}
	f.onlyUser()
}
