// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// newMassAbsence returns a fixture with six of ten users missing in Clerk's lists, and their names.
func newMassAbsence(t *testing.T, vanish func(f *fixture, name string), change ...func(*v1alpha1.ClerkUser)) (*fixture, []string) {
	t.Helper()
	f := newFixture(t, withBrake(1))
	f.discardEvents()
	names := strings.Split("abcdefghij", "")
	for _, name := range names {
		f.create(newTestUser(name, change...))
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	f.fullSync()
	gone := names[:6]
	var want []string
	for _, name := range gone {
		vanish(f, name)
		want = append(want, name+"-uid")
	}
	if diff := cmp.Diff(want, f.fullSync()); diff != "" {
		t.Fatalf("enqueued by the full sync (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	recordedEvents(f.Reconciler)
	for _, name := range gone {
		f.expectReason(name, v1alpha1.ReasonDeletionHeld)
	}
	for _, name := range names[6:] {
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	f.expectCalls(0)
	return f, gone
}

func deletedAtClerk(f *fixture, name string) {
	f.t.Helper()
	if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
		f.t.Fatal(err)
	}
}

// releaseDeletions writes the annotation that releases what was paused until a time.
func (f *fixture) releaseDeletions(until time.Time) {
	f.t.Helper()
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: until.Format(time.RFC3339)}
	})
}

func TestMassAbsencePausesUsersUntilReleased(t *testing.T) {
	t.Parallel()
	f, gone := newMassAbsence(t, deletedAtClerk)
	bound := f.clock.at
	for _, name := range gone {
		if text := readyCondition(f.user(name)).Message; !strings.Contains(text, v1alpha1.AnnotationReleaseDeletions) {
			t.Errorf("the message does not name the remedy: %s", text)
		}
	}
	f.releaseDeletions(bound.Add(-time.Second))
	f.clock.advance(time.Minute)
	f.expectReason("a", v1alpha1.ReasonDeletionHeld)
	f.edit("b", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	f.expectReason("b", v1alpha1.ReasonDeletionHeld)
	f.expectCalls(0)
	if enqueued := f.fullSync(); len(enqueued) != 0 {
		t.Errorf("another full sync with the same users enqueues %v", enqueued)
	}
	f.expectReason("a", v1alpha1.ReasonDeletionHeld)

	f.releaseDeletions(bound)
	f.clerk.ResetJournal()
	for i, name := range []string{"a", "c", "d", "e", "f"} {
		f.expectReason(name, v1alpha1.ReasonMissing)
		f.expectCalls(i + 1)
	}
	recordedEvents(f.Reconciler)
	f.expectReason("b", v1alpha1.ReasonInSync)
	f.expectEvent(v1alpha1.EventRecreated)
	if n := len(f.clerk.Users()); n != 5 {
		t.Errorf("%d users are at Clerk, want the four that stayed and the one whose spec was edited since", n)
	}
}

// The release covers the absence and what follows from it: the brake does not pause it again.
func TestReleasedUsersThatCannotLeaveAreRecreated(t *testing.T) {
	t.Parallel()
	f, gone := newMassAbsence(t, deletedAtClerk, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) })
	f.releaseDeletions(f.clock.at)
	for i, name := range gone {
		f.expectReason(name, v1alpha1.ReasonInSync)
		f.expectEvent(v1alpha1.EventRecreated)
		f.expectCalls(2 * (i + 1))
	}
	if n := len(f.clerk.Users()); n != 10 {
		t.Errorf("%d users are at Clerk, want all ten", n)
	}
}

// agedMassAbsence is newMassAbsence with users that are at Clerk again after they were missed.
func agedMassAbsence(t *testing.T) (*fixture, []string) {
	t.Helper()
	var hidden []*emulator.User
	f, gone := newMassAbsence(t, func(f *fixture, name string) {
		f.t.Helper()
		hidden = append(hidden, f.clerk.User(f.user(name).Status.UserID))
		deletedAtClerk(f, name)
	})
	for _, u := range hidden {
		f.clerk.Seed(*u)
	}
	return f, gone
}

// If the list was wrong, nothing is lost: after the release each user is read by id, and found.
func TestReleasedUsersThatExistStayUnchanged(t *testing.T) {
	t.Parallel()
	f, gone := agedMassAbsence(t)
	f.releaseDeletions(f.clock.at)
	f.clerk.ResetJournal()
	for _, name := range gone {
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	f.expectCalls(len(gone))
	if writes := f.clerk.Journal().Writes(); len(writes) != 0 {
		t.Errorf("users that are there are written to: %v", writes)
	}
}

func TestUsersListedAgainAreNoLongerPaused(t *testing.T) {
	t.Parallel()
	f, gone := agedMassAbsence(t)
	if enqueued := f.fullSync(); len(enqueued) != len(gone) {
		t.Errorf("users that are back enqueue %v, want %d", enqueued, len(gone))
	}
	f.clerk.ResetJournal()
	for _, name := range gone {
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	f.expectCalls(0)
}

func TestMassAbsenceNamesTheCommand(t *testing.T) {
	t.Parallel()
	instance := types.NamespacedName{Namespace: "platform", Name: "prod"}
	found, ok := errors.AsType[*reconcile.Problem](massAbsence(instance))
	if !ok || found.Reason != v1alpha1.ReasonDeletionHeld || found.Stalled || found.BackOff || found.RetryAfter != 0 {
		t.Errorf("mass absence is %+v, want bound until somebody says so or the users are back", found)
	}
	if !strings.HasSuffix(found.Message, brake.ReleaseCommand(instance)) {
		t.Errorf("the message %q does not end with the command", found.Message)
	}
}

// What was never paused cannot have been released.
func TestPausedSince(t *testing.T) {
	t.Parallel()
	rec := startReconciliation(t, newTestUser("ann"))
	if at := rec.pausedSince(); !at.IsZero() {
		t.Errorf("a re-creation that was never paused was paused at %s", at)
	}
	rec.state.pause(start)
	rec.state.pause(start.Add(time.Hour))
	if at := rec.pausedSince(); !at.Equal(start) {
		t.Errorf("it was paused first at %s, want %s", at, start)
	}
	deleted := metav1.NewTime(start.Add(-time.Hour))
	rec.user.DeletionTimestamp = &deleted
	if at := rec.pausedSince(); !at.Equal(deleted.Time) {
		t.Errorf("a deletion was asked for at %s, want %s", at, deleted)
	}
}
