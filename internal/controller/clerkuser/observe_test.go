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

// newObserverFixture returns a fixture with an object that observes a user without an owner.
func newObserverFixture(t *testing.T, change ...func(*v1alpha1.ClerkUser)) (*fixture, *emulator.User) {
	t.Helper()
	f := newFixture(t)
	user := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.create(newTestUser("ann", append(change, observeOnly, adoptIfUnmanaged)...))
	return f, user
}

// expectMessage fails unless the object's message contains a text.
func (f *fixture) expectMessage(name, text string) {
	f.t.Helper()
	if message := readyCondition(f.user(name)).Message; !strings.Contains(message, text) {
		f.t.Errorf("ClerkUser %s says %q, want %q in it", name, message, text)
	}
}

func TestObserverFollowsTheUserItFound(t *testing.T) {
	t.Parallel()
	f, user := newObserverFixture(t, func(u *v1alpha1.ClerkUser) { u.Spec.Banned = ptr.To(false) })
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", user.ID+" is as declared")
	f.expectCalls(1)
	shared, _ := f.Pool.Mirror(f.clerk.ID())
	if r := shared.Report(); r.Followed != 1 {
		t.Errorf("the mirror follows %d users, want the one that is observed", r.Followed)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.initialSync()); diff != "" {
		t.Errorf("enqueued by the first sync (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectCalls(0)

	if _, err := f.clerk.Edit(user.ID, func(u *emulator.User) { u.Banned = true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.incrementalSync()); diff != "" {
		t.Errorf("enqueued by the change (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectCalls(0)
	f.expectMessage("ann", user.ID+" differs in: banned")
	if status := f.user("ann").Status; status.UserID != "" || status.Binding != "" || len(f.user("ann").Finalizers) != 0 {
		t.Errorf("an observer is bound: %+v", status)
	}
}

// An identifier may move to another user. Another ClerkInstance of the same Clerk instance runs full syncs more often than this
// one requests, and so makes the object search by identifier again.
func TestObserverSearchesAgainWhenItsUserIsGone(t *testing.T) {
	t.Parallel()
	const full = 24 * time.Hour
	f, user := newObserverFixture(t)
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Drift = &v1alpha1.DriftCheck{FullInterval: &metav1.Duration{Duration: full}}
	})
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonObserved)
	if err := f.clerk.Delete(user.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.fullSync()); diff != "" {
		t.Errorf("enqueued by the absence (-want +got):\n%s", diff)
	}
	f.clerk.ResetJournal()
	if result := f.reconcile("ann"); result.RequeueAfter != reconcile.StaleRetry {
		t.Errorf("it is requeued after %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
	}
	f.clock.advance(reconcile.StaleRetry)
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", "there is no such user")
	f.expectCalls(1)

	next := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.clock.advance(full/2 - time.Second)
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", "there is no such user")
	f.expectCalls(1)
	f.clock.advance(time.Second)
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.expectMessage("ann", next.ID+" is as declared")
	f.expectCalls(2)
}

// A list may lag behind a deletion that the mirror knows: a user that only the list shows does not count.
func TestObserverIgnoresListedUserThatIsGone(t *testing.T) {
	t.Parallel()
	f, user := newObserverFixture(t)
	f.expectReason("ann", v1alpha1.ReasonObserved)
	f.fullSync()
	shared, _ := f.Pool.Mirror(f.clerk.ID())
	shared.NotFound(user.ID, f.clock.at)
	f.objects.begin("ann-uid").lookUps = nil
	f.clerk.ResetJournal()
	for i := range 3 {
		if result := f.reconcile("ann"); result.RequeueAfter != reconcile.StaleRetry {
			t.Errorf("it is requeued after %s, want %s", result.RequeueAfter, reconcile.StaleRetry)
		}
		f.expectCalls(i + 1)
		f.clock.advance(reconcile.StaleRetry)
	}
}

// A user that is to be adopted is read from Clerk. To observe one, the mirror's copy is sufficient.
func TestNamedUserIsReadFromClerkForAdoptionOnly(t *testing.T) {
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
			f.expectReason("ann", tc.reason)
			if n := len(f.clerk.Journal().Matching("GET", "/users/*")); n != tc.reads {
				t.Errorf("the user is read %d times, want %d", n, tc.reads)
			}
		})
	}
}

func TestNamedUserKnownToBeGoneIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const nobody = "user_2Nobody"
	f.create(newTestUser("ann", observeOnly, func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To(nobody) }))
	f.expectMissing("ann")
	f.clerk.ResetJournal()
	f.clock.advance(lastDelay)
	f.expectReason("ann", v1alpha1.ReasonMissing)
	f.expectCalls(0)
}
