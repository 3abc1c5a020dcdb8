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

func observeOnly(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }

func adoptIfUnmanaged(u *v1alpha1.ClerkUser) {
	u.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged)
}

// newObserverFixture returns a stage with an object that observes a user which is nobody's.
func newObserverFixture(t *testing.T, change ...func(*v1alpha1.ClerkUser)) (*fixture, *emulator.User) {
	t.Helper()
	f := newFixture(t)
	user := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.create(newTestUser("ann", append(change, observeOnly, adoptIfUnmanaged)...))
	return f, user
}

// expectMessage fails unless the object's message holds a text.
func (f *fixture) expectMessage(name, text string) {
	f.t.Helper()
	if message := readyCondition(f.user(name)).Message; !strings.Contains(message, text) {
		f.t.Errorf("ClerkUser %s says %q, want %q in it", name, message, text)
	}
}

func TestObserverFollowsTheUserItFound(t *testing.T) {
	t.Parallel()
	f, user := newObserverFixture(t, func(u *v1alpha1.ClerkUser) { u.Spec.Banned = ptr.To(false) })
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", user.ID+" is as declared")
	f.expectCalls(1)
	shared, _ := f.Pool.Mirror(f.clerk.ID())
	if r := shared.Report(); r.Followed != 1 {
		t.Errorf("the mirror follows %d users, want the one that is observed", r.Followed)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.initialSync()); diff != "" {
		t.Errorf("woken by the first reading (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectCalls(0)

	if _, err := f.clerk.Edit(user.ID, func(u *emulator.User) { u.Banned = true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.incrementalSync()); diff != "" {
		t.Errorf("woken by the change (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectCalls(0)
	f.expectMessage("ann", user.ID+" differs in: banned")
	if status := f.user("ann").Status; status.UserID != "" || status.Binding != "" || len(f.user("ann").Finalizers) != 0 {
		t.Errorf("who only watches is bound: %+v", status)
	}
}

// An identifier may come to be another user's. Another ClerkInstance of the same Clerk instance has it compared more often
// than this one asks for, and look again by identifier.
func TestObserverSearchesAgainWhenItsUserIsGone(t *testing.T) {
	t.Parallel()
	const full = 24 * time.Hour
	f, user := newObserverFixture(t)
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Drift = &v1alpha1.DriftCheck{FullInterval: &metav1.Duration{Duration: full}}
	})
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.fullSync()
	f.expectReady("ann", v1alpha1.ReasonObserved)
	if err := f.clerk.Delete(user.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.fullSync()); diff != "" {
		t.Errorf("woken by the absence (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	if result := f.reconcile("ann"); result.RequeueAfter != reconcile.StaleRetry {
		t.Errorf("it looks again in %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
	}
	f.clock.advance(reconcile.StaleRetry)
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", "there is no such user")
	f.expectCalls(1)

	next := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.clock.advance(full/2 - time.Second)
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", "there is no such user")
	f.expectCalls(1)
	f.clock.advance(time.Second)
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", next.ID+" is as declared")
	f.expectCalls(2)
}

// A list may lag behind the deletion that the mirror knows of: the user that it still shows is not believed.
func TestObserverIgnoresListedUserThatIsGone(t *testing.T) {
	t.Parallel()
	f, user := newObserverFixture(t)
	f.expectReady("ann", v1alpha1.ReasonObserved)
	f.fullSync()
	shared, _ := f.Pool.Mirror(f.clerk.ID())
	shared.NotFound(user.ID, f.clock.at)
	f.objects.begin("ann-uid").lookUps = nil
	f.clerk.ResetJournal()
	for i := range 3 {
		if result := f.reconcile("ann"); result.RequeueAfter != reconcile.StaleRetry {
			t.Errorf("it looks again in %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
		}
		f.expectCalls(i + 1)
		f.clock.advance(reconcile.StaleRetry)
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
		"Observed": {[]func(*v1alpha1.ClerkUser){observeOnly}, v1alpha1.ReasonObserved, 0},
		"Adopted":  {nil, v1alpha1.ReasonInSync, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			user := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
			f.create(newTestUser("ann", append(tc.change, func(u *v1alpha1.ClerkUser) { u.Spec.UserID = &user.ID })...))
			shared, _ := f.Pool.Mirror(f.clerk.ID())
			shared.Follow(map[string]mirror.Followed{"ann-uid": {UserID: user.ID}})
			f.initialSync()
			f.clerk.ResetJournal()
			f.expectReady("ann", tc.reason)
			if n := len(f.clerk.Journal().Matching("GET", "/users/*")); n != tc.reads {
				t.Errorf("the user is read %d times, want %d", n, tc.reads)
			}
		})
	}
}

func TestNamedUserThatIsKnownToBeGoneIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const nobody = "user_2Nobody"
	f.create(newTestUser("ann", observeOnly, func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To(nobody) }))
	f.expectMissing("ann")
	f.clerk.ResetJournal()
	f.clock.advance(lastDelay)
	f.expectReady("ann", v1alpha1.ReasonMissing)
	f.expectCalls(0)
}
