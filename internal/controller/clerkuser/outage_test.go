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

// outlast makes passes through an outage that is long enough to be told.
func (s *stage) outlast(name string, fault emulator.Fault) {
	s.t.Helper()
	fault.Status, fault.Times = 503, -1
	id := s.server.InjectFault(fault)
	for range 20 {
		s.pass(name)
		s.clock.advance(2 * time.Second)
	}
	if ready := readyCondition(s.user(name)); ready.Reason != v1alpha1.ReasonRetrying {
		s.t.Fatalf("during the outage Ready is %+v", ready)
	}
	s.server.RemoveFault(id)
	told(s.Reconciler)
}

func TestBanThatSomebodyLiftedComesBackAfterFailures(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Banned = ptr.To(true) }))
	s.becomes("ann", v1alpha1.ReasonInSync)
	if _, err := s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.Banned = false }); err != nil {
		t.Fatal(err)
	}
	s.compares()
	s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users/*/ban", Status: 503, Times: 2 * maxCorrections})
	for range 2 * maxCorrections {
		s.pass("ann")
		s.clock.advance(time.Second)
	}
	s.becomes("ann", v1alpha1.ReasonInSync)
	if !s.atClerk().Banned {
		t.Error("corrections that failed were taken for strife, and the user stays unbanned")
	}
}

// The first thing that a spec asks for is not drift, however long it had to wait.
func TestEditDuringAnOutageStaysAnEdit(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"NothingWorks":  {Path: "/users/**"},
		"WritesFail":    {Path: "/users/*", Method: http.MethodPatch},
		"UnlockingOnly": {Path: "/users/*/unlock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			s.becomes("ann", v1alpha1.ReasonInSync)
			if _, err := s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.Locked = true }); err != nil {
				t.Fatal(err)
			}
			s.clock.advance(2 * time.Minute)
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked, u.Spec.FirstName = ptr.To(false), ptr.To("Ann") })
			s.outlast("ann", fault)
			s.becomes("ann", v1alpha1.ReasonInSync)
			if user := s.atClerk(); user.Locked || user.FirstName == nil {
				t.Errorf("the edit was not carried out: locked %t, name %v", user.Locked, user.FirstName)
			}
			if all := told(s.Reconciler); slices.ContainsFunc(all, func(text string) bool { return strings.Contains(text, v1alpha1.EventDriftCorrected) }) {
				t.Errorf("the edit is told as somebody else's: %q", all)
			}
		})
	}
}

func TestWaitLeavesPendingChangesAlone(t *testing.T) {
	t.Parallel()
	user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Mode, u.Status.PendingChanges = ptr.To(v1alpha1.ModeObserve), []string{"firstName"}
	})
	p := thinking(t, user)
	p.err = &clerk.WaitError{At: start.Add(time.Second)}
	p.fillStatus(result{Result: reconcile.Result{Unchanged: true}}, start)
	if diff := cmp.Diff([]string{"firstName"}, user.Status.PendingChanges); diff != "" {
		t.Errorf("pendingChanges (-want +got):\n%s", diff)
	}
}

// Whoever may write status must not be able to have a user signed over to an object.
func TestForgedStatusGivesNoUser(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	victim := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ceo@example.com")}})
	s.create(newTestUser("mallory", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned = ptr.To(true)
		u.Status.UserID, u.Status.Origin = victim.ID, v1alpha1.OriginCreated
		u.Status.Instance = &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: s.clerk.ID()}
	}))
	for range 3 {
		s.becomes("mallory", v1alpha1.ReasonAlreadyExists)
		s.clock.advance(lastDelay)
	}
	status := s.user("mallory").Status
	if status.Binding != "" || status.Banned != nil || status.PasswordEnabled != nil {
		t.Errorf("a status that was forged is signed, or shows the user: %+v", status)
	}
	s.delete("mallory")
	s.vanishes("mallory")
	if user := s.atClerk(); user.Banned || user.PrivateMetadata[v1alpha1.OwnerKey] != nil {
		t.Errorf("the user was changed: %+v", user)
	}
}

func TestRecreationIsBraked(t *testing.T) {
	t.Parallel()
	s := newStage(t, braked(2))
	s.quiet()
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		s.create(newTestUser(name, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		s.clock.advance(time.Hour)
		if err := s.clerk.Delete(s.user(name).Status.UserID); err != nil {
			t.Fatal(err)
		}
		s.compares()
		s.becomes(name, v1alpha1.ReasonInSync)
		s.tells(v1alpha1.EventRecreated)
	}
	// An object that was counted hours ago counts again.
	s.clock.advance(time.Hour)
	for _, name := range names {
		if err := s.clerk.Delete(s.user(name).Status.UserID); err != nil {
			t.Fatal(err)
		}
	}
	s.compares()
	s.becomes("a", v1alpha1.ReasonInSync)
	s.becomes("b", v1alpha1.ReasonInSync)
	s.becomes("c", v1alpha1.ReasonDeletionHeld)
	s.becomes("d", v1alpha1.ReasonDeletionHeld)
	if n := len(s.clerk.Users()); n != 2 {
		t.Errorf("%d users were created anew at once, want 2", n)
	}
}

// A release is for what was bound when it was written, and what it releases is done.
func TestHeldRecreationWaitsForItsOwnRelease(t *testing.T) {
	t.Parallel()
	s := newStage(t, braked(1))
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	if err := s.clerk.Delete(s.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	s.compares()
	s.becomes("ann", v1alpha1.ReasonMissing)
	release := func() {
		t.Helper()
		s.editInstance(func(i *v1alpha1.ClerkInstance) {
			i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: s.clock.at.Format(time.RFC3339)}
		})
	}
	release()
	s.clock.advance(time.Minute)
	instance := newTestInstance()
	if err := s.cluster.Get(t.Context(), instanceName(instance), instance); err != nil {
		t.Fatal(err)
	}
	instance.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(s.clock.at), Count: 1}
	s.storeStatus(instance)
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	for range 3 {
		s.becomes("ann", v1alpha1.ReasonDeletionHeld)
		s.clock.advance(time.Minute)
	}
	release()
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.tells(v1alpha1.EventRecreated)
}

// An edit is the order to create a missing user again, also if an outage and a restart lie between the two.
func TestEditOfAMissingUserOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * clerk.LagTime)
	if err := s.clerk.Delete(s.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	s.compares()
	s.becomes("ann", v1alpha1.ReasonMissing)
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	s.restart()
	id := s.server.InjectFault(emulator.Fault{Method: http.MethodGet, Path: "/users/*", Status: 503, Times: -1})
	for range 20 {
		s.pass("ann")
		s.clock.advance(2 * time.Second)
	}
	s.server.RemoveFault(id)
	s.becomes("ann", v1alpha1.ReasonInSync)
	if n := len(s.clerk.Users()); n != 1 {
		t.Errorf("%d users are at Clerk, want the one created again", n)
	}
}
