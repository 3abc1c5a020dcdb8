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

// massAbsent returns a stage on which six of ten users are missing in Clerk's lists, and their names.
func massAbsent(t *testing.T, vanish func(s *stage, name string), change ...func(*v1alpha1.ClerkUser)) (*stage, []string) {
	t.Helper()
	s := newStage(t, braked(1))
	s.quiet()
	names := strings.Split("abcdefghij", "")
	for _, name := range names {
		s.create(newTestUser(name, change...))
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	s.compares()
	gone := names[:6]
	var want []string
	for _, name := range gone {
		vanish(s, name)
		want = append(want, name+"-uid")
	}
	if diff := cmp.Diff(want, s.compares()); diff != "" {
		t.Fatalf("woken by the comparison (-want +got):\n%s", diff)
	}
	s.clerk.ResetJournal()
	told(s.Reconciler)
	for _, name := range gone {
		s.becomes(name, v1alpha1.ReasonDeletionHeld)
	}
	for _, name := range names[6:] {
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	s.wantCalls(0)
	return s, gone
}

func deletedAtClerk(s *stage, name string) {
	s.t.Helper()
	if err := s.clerk.Delete(s.user(name).Status.UserID); err != nil {
		s.t.Fatal(err)
	}
}

// releases writes the annotation that lets what was bound until a time go on.
func (s *stage) releases(until time.Time) {
	s.t.Helper()
	s.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: until.Format(time.RFC3339)}
	})
}

func TestUsersMissingWithManyOthersAreHeldUntilReleased(t *testing.T) {
	t.Parallel()
	s, gone := massAbsent(t, deletedAtClerk)
	bound := s.clock.at
	for _, name := range gone {
		if text := readyCondition(s.user(name)).Message; !strings.Contains(text, v1alpha1.AnnotationReleaseDeletions) {
			t.Errorf("the message does not name the way out: %s", text)
		}
	}
	s.releases(bound.Add(-time.Second))
	s.clock.advance(time.Minute)
	s.becomes("a", v1alpha1.ReasonDeletionHeld)
	s.edit("b", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	s.becomes("b", v1alpha1.ReasonDeletionHeld)
	s.wantCalls(0)
	if woken := s.compares(); len(woken) != 0 {
		t.Errorf("another comparison that finds the same wakes %v", woken)
	}
	s.becomes("a", v1alpha1.ReasonDeletionHeld)

	s.releases(bound)
	s.clerk.ResetJournal()
	for i, name := range []string{"a", "c", "d", "e", "f"} {
		s.becomes(name, v1alpha1.ReasonMissing)
		s.wantCalls(i + 1)
	}
	told(s.Reconciler)
	s.becomes("b", v1alpha1.ReasonInSync)
	s.tells(v1alpha1.EventRecreated)
	if n := len(s.clerk.Users()); n != 5 {
		t.Errorf("%d users are at Clerk, want the four that stayed and the one whose spec was edited since", n)
	}
}

// The release is for the absence and for what follows from it: the brake does not hold it once more.
func TestReleasedUsersThatCannotHaveLeftAreCreatedAnew(t *testing.T) {
	t.Parallel()
	s, gone := massAbsent(t, deletedAtClerk, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) })
	s.releases(s.clock.at)
	for i, name := range gone {
		s.becomes(name, v1alpha1.ReasonInSync)
		s.tells(v1alpha1.EventRecreated)
		s.wantCalls(2 * (i + 1))
	}
	if n := len(s.clerk.Users()); n != 10 {
		t.Errorf("%d users are at Clerk, want all ten", n)
	}
}

// missedForAWhile is massAbsent with users that are at Clerk again after they were missed.
func missedForAWhile(t *testing.T) (*stage, []string) {
	t.Helper()
	var hidden []*emulator.User
	s, gone := massAbsent(t, func(s *stage, name string) {
		s.t.Helper()
		hidden = append(hidden, s.clerk.User(s.user(name).Status.UserID))
		deletedAtClerk(s, name)
	})
	for _, u := range hidden {
		s.clerk.Seed(*u)
	}
	return s, gone
}

// A list that was wrong is no loss: after the release each user is read by id, and found.
func TestReleasedUsersThatAreThereAfterAllAreLeftAsTheyAre(t *testing.T) {
	t.Parallel()
	s, gone := missedForAWhile(t)
	s.releases(s.clock.at)
	s.clerk.ResetJournal()
	for _, name := range gone {
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	s.wantCalls(len(gone))
	if writes := s.clerk.Journal().Writes(); len(writes) != 0 {
		t.Errorf("users that are there are written to: %v", writes)
	}
}

func TestUsersThatListsShowAgainAreNoLongerHeld(t *testing.T) {
	t.Parallel()
	s, gone := missedForAWhile(t)
	if woken := s.compares(); len(woken) != len(gone) {
		t.Errorf("users that are back wake %v, want %d", woken, len(gone))
	}
	s.clerk.ResetJournal()
	for _, name := range gone {
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	s.wantCalls(0)
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
func TestWhenThatWasAskedForWhichTheBrakePauses(t *testing.T) {
	t.Parallel()
	p := begun(t, newTestUser("ann"))
	if at := p.pausedSince(); !at.IsZero() {
		t.Errorf("a re-creation that was never paused was paused at %s", at)
	}
	p.state.brakedAt(start)
	p.state.brakedAt(start.Add(time.Hour))
	if at := p.pausedSince(); !at.Equal(start) {
		t.Errorf("it was paused first at %s, want %s", at, start)
	}
	deleted := metav1.NewTime(start.Add(-time.Hour))
	p.user.DeletionTimestamp = &deleted
	if at := p.pausedSince(); !at.Equal(deleted.Time) {
		t.Errorf("a deletion was asked for at %s, want %s", at, deleted)
	}
}
