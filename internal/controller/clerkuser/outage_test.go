// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// reconcileThroughFault reconciles through an outage that is long enough to be reported.
func (f *fixture) reconcileThroughFault(name string, fault emulator.Fault) {
	f.t.Helper()
	fault.Status, fault.Times = 503, -1
	id := f.server.InjectFault(fault)
	for range 20 {
		f.reconcile(name)
		f.clock.advance(2 * time.Second)
	}
	if ready := readyCondition(f.user(name)); ready.Reason != v1alpha1.ReasonRetrying {
		f.t.Fatalf("during the outage Ready is %+v", ready)
	}
	f.server.RemoveFault(id)
	recordedEvents(f.Reconciler)
}

func TestLiftedBanIsRestoredAfterFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Banned = ptr.To(true) }))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.Banned = false }); err != nil {
		t.Fatal(err)
	}
	f.fullSync()
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users/*/ban", Status: 503, Times: 2 * maxCorrections})
	for range 2 * maxCorrections {
		f.reconcile("ann")
		f.clock.advance(time.Second)
	}
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if !f.onlyUser().Banned {
		t.Error("failed corrections counted as a field conflict, and the user stays unbanned")
	}
}

// The first change that a spec requests is not drift, however long it had to wait.
func TestEditDuringAnOutageStaysAnEdit(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"NothingWorks":  {Path: "/users/**"},
		"WritesFail":    {Path: "/users/*", Method: http.MethodPatch},
		"UnlockingOnly": {Path: "/users/*/unlock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.Locked = true }); err != nil {
				t.Fatal(err)
			}
			f.clock.advance(2 * time.Minute)
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked, u.Spec.FirstName = ptr.To(false), ptr.To("Ann") })
			f.reconcileThroughFault("ann", fault)
			f.expectReason("ann", v1alpha1.ReasonInSync)
			if user := f.onlyUser(); user.Locked || user.FirstName == nil {
				t.Errorf("the edit was not carried out: locked %t, name %v", user.Locked, user.FirstName)
			}
			if all := recordedEvents(f.Reconciler); slices.ContainsFunc(all, func(text string) bool { return strings.Contains(text, v1alpha1.EventDriftCorrected) }) {
				t.Errorf("the edit is reported as drift: %q", all)
			}
		})
	}
}

func TestWaitLeavesPendingChangesAlone(t *testing.T) {
	t.Parallel()
	user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Mode, u.Status.PendingChanges = ptr.To(v1alpha1.ModeObserve), []string{"firstName"}
	})
	rec := desiredReconciliation(t, user)
	rec.err = &clerk.WaitError{At: start.Add(time.Second)}
	rec.fillStatus(result{Result: reconcile.Result{Unchanged: true}}, start)
	if diff := cmp.Diff([]string{"firstName"}, user.Status.PendingChanges); diff != "" {
		t.Errorf("pendingChanges (-want +got):\n%s", diff)
	}
}

// Somebody who may write status must not be able to get a user for an object.
func TestForgedStatusGivesNoUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	victim := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ceo@example.com")}})
	f.create(newTestUser("mallory", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned = ptr.To(true)
		u.Status.UserID, u.Status.Origin = victim.ID, v1alpha1.OriginCreated
		u.Status.Instance = &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: f.clerk.ID()}
	}))
	for range 3 {
		f.expectReason("mallory", v1alpha1.ReasonAlreadyExists)
		f.clock.advance(lastDelay)
	}
	status := f.user("mallory").Status
	if status.Binding != "" || status.Banned != nil || status.PasswordEnabled != nil {
		t.Errorf("a status that was forged is signed, or shows the user: %+v", status)
	}
	f.delete("mallory")
	f.expectGone("mallory")
	if user := f.onlyUser(); user.Banned || user.PrivateMetadata[v1alpha1.OwnerKey] != nil {
		t.Errorf("the user was changed: %+v", user)
	}
}

func TestBrakePausesRecreation(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(2))
	f.discardEvents()
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		f.create(newTestUser(name, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		f.clock.advance(time.Hour)
		if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
			t.Fatal(err)
		}
		f.fullSync()
		f.expectReason(name, v1alpha1.ReasonInSync)
		f.expectEvent(v1alpha1.EventRecreated)
	}
	// An object that was counted hours ago counts again.
	f.clock.advance(time.Hour)
	for _, name := range names {
		if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
			t.Fatal(err)
		}
	}
	f.fullSync()
	f.expectReason("a", v1alpha1.ReasonInSync)
	f.expectReason("b", v1alpha1.ReasonInSync)
	f.expectReason("c", v1alpha1.ReasonDeletionHeld)
	f.expectReason("d", v1alpha1.ReasonDeletionHeld)
	if n := len(f.clerk.Users()); n != 2 {
		t.Errorf("%d users were recreated at once, want 2", n)
	}
}

// A release covers what was paused when it was written. Afterwards it has no effect.
func TestPausedRecreationNeedsALaterRelease(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(1))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonMissing)
	release := func() {
		t.Helper()
		f.editInstance(func(i *v1alpha1.ClerkInstance) {
			i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: f.clock.at.Format(time.RFC3339)}
		})
	}
	release()
	f.clock.advance(time.Minute)
	instance := newTestInstance()
	if err := f.cluster.Get(t.Context(), instanceName(instance), instance); err != nil {
		t.Fatal(err)
	}
	instance.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(f.clock.at), Count: 1}
	f.storeStatus(instance)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	for range 3 {
		f.expectReason("ann", v1alpha1.ReasonDeletionHeld)
		f.clock.advance(time.Minute)
	}
	release()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectEvent(v1alpha1.EventRecreated)
}

// An edit requests the recreation of a missing user, even if an outage and a restart come between.
func TestEditOfAMissingUserOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * clerk.LagTime)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonMissing)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	f.restart()
	id := f.server.InjectFault(emulator.Fault{Method: http.MethodGet, Path: "/users/*", Status: 503, Times: -1})
	for range 20 {
		f.reconcile("ann")
		f.clock.advance(2 * time.Second)
	}
	f.server.RemoveFault(id)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if n := len(f.clerk.Users()); n != 1 {
		t.Errorf("%d users are at Clerk, want the one created again", n)
	}
}
