// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

func observes(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }

func adopts(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }

// observed returns a stage with an object that observes a user which is nobody's.
func observed(t *testing.T, change ...func(*v1alpha1.ClerkUser)) (*stage, *emulator.User) {
	t.Helper()
	s := newStage(t)
	user := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	s.create(newTestUser("ann", append(change, observes, adopts)...))
	return s, user
}

// says fails unless the object's message holds a text.
func (s *stage) says(name, text string) {
	s.t.Helper()
	if message := readyCondition(s.user(name)).Message; !strings.Contains(message, text) {
		s.t.Errorf("ClerkUser %s says %q, want %q in it", name, message, text)
	}
}

func TestObserverWatchesTheUserThatItFound(t *testing.T) {
	t.Parallel()
	s, user := observed(t, func(u *v1alpha1.ClerkUser) { u.Spec.Banned = ptr.To(false) })
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.says("ann", user.ID+" is as declared")
	s.wantCalls(1)
	shared, _ := s.Pool.Mirror(s.clerk.ID())
	if r := shared.Report(); r.Followed != 1 {
		t.Errorf("the mirror follows %d users, want the one that is observed", r.Followed)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, s.loads()); diff != "" {
		t.Errorf("woken by the first reading (-want +got):\n%s", diff)
	}
	s.clerk.ResetJournal()
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.wantCalls(0)

	if _, err := s.clerk.Edit(user.ID, func(u *emulator.User) { u.Banned = true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, s.tails()); diff != "" {
		t.Errorf("woken by the change (-want +got):\n%s", diff)
	}
	s.clerk.ResetJournal()
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.wantCalls(0)
	s.says("ann", user.ID+" differs in: banned")
	if status := s.user("ann").Status; status.UserID != "" || status.Binding != "" || len(s.user("ann").Finalizers) != 0 {
		t.Errorf("who only watches is bound: %+v", status)
	}
}

// An identifier may come to be another user's. Another ClerkInstance of the same Clerk instance has it compared more often
// than this one asks for, and look again by identifier.
func TestObserverLooksAgainWhenItsUserIsGone(t *testing.T) {
	t.Parallel()
	const full = 24 * time.Hour
	s, user := observed(t)
	s.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Drift = &v1alpha1.DriftCheck{FullInterval: &metav1.Duration{Duration: full}}
	})
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.compares()
	s.becomes("ann", v1alpha1.ReasonObserved)
	if err := s.clerk.Delete(user.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, s.compares()); diff != "" {
		t.Errorf("woken by the absence (-want +got):\n%s", diff)
	}
	s.clerk.ResetJournal()
	if result := s.pass("ann"); result.RequeueAfter != reconcile.StaleRetry {
		t.Errorf("it looks again in %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
	}
	s.clock.advance(reconcile.StaleRetry)
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.says("ann", "there is no such user")
	s.wantCalls(1)

	next := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	s.clock.advance(full/2 - time.Second)
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.says("ann", "there is no such user")
	s.wantCalls(1)
	s.clock.advance(time.Second)
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.says("ann", next.ID+" is as declared")
	s.wantCalls(2)
}

// A list may lag behind the deletion that the mirror knows of: the user that it still shows is not believed.
func TestObserverDoesNotBelieveAListThatShowsAUserThatIsGone(t *testing.T) {
	t.Parallel()
	s, user := observed(t)
	s.becomes("ann", v1alpha1.ReasonObserved)
	s.compares()
	shared, _ := s.Pool.Mirror(s.clerk.ID())
	shared.NotFound(user.ID, s.clock.at)
	s.objects.begin("ann-uid").lookUps = nil
	s.clerk.ResetJournal()
	for i := range 3 {
		if result := s.pass("ann"); result.RequeueAfter != reconcile.StaleRetry {
			t.Errorf("it looks again in %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
		}
		s.wantCalls(i + 1)
		s.clock.advance(reconcile.StaleRetry)
	}
}

// Whoever is to be adopted is read live; to watch somebody, what the mirror has is good enough.
func TestUserThatIsNamedIsReadLiveOnlyToBeAdopted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change []func(*v1alpha1.ClerkUser)
		reason string
		reads  int
	}{
		"Observed": {[]func(*v1alpha1.ClerkUser){observes}, v1alpha1.ReasonObserved, 0},
		"Adopted":  {nil, v1alpha1.ReasonInSync, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			user := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
			s.create(newTestUser("ann", append(tc.change, func(u *v1alpha1.ClerkUser) { u.Spec.UserID = &user.ID })...))
			shared, _ := s.Pool.Mirror(s.clerk.ID())
			shared.Follow(map[string]mirror.Followed{"ann-uid": {UserID: user.ID}})
			s.loads()
			s.clerk.ResetJournal()
			s.becomes("ann", tc.reason)
			if n := len(s.clerk.Journal().Matching("GET", "/users/*")); n != tc.reads {
				t.Errorf("the user is read %d times, want %d", n, tc.reads)
			}
		})
	}
}

func TestNamedUserThatIsKnownToBeGoneIsMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const nobody = "user_2Nobody"
	s.create(newTestUser("ann", observes, func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To(nobody) }))
	s.becomesMissing("ann")
	s.clerk.ResetJournal()
	s.clock.advance(lastDelay)
	s.becomes("ann", v1alpha1.ReasonMissing)
	s.wantCalls(0)
}
