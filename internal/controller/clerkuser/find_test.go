// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// During a call, other callers write and bind.
func TestOutdatedAnswerIsIgnored(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status    int
		meanwhile func(m *mirror.Mirror)
		want      string
		wait      bool
		presence  mirror.Presence
	}{
		"NothingHappens":   {200, unknown, "read", false, mirror.Present},
		"UserIsWritten":    {200, func(m *mirror.Mirror) { m.Wrote(&clerk.User{ID: testUserID, FirstName: "wrote"}, start) }, "wrote", false, mirror.Present},
		"PartIsWritten":    {200, doubtful, "", true, mirror.Doubtful},
		"UserIsNotFound":   {404, unknown, "", false, mirror.Absent},
		"WrittenNotFound":  {404, func(m *mirror.Mirror) { m.Wrote(&clerk.User{ID: testUserID, FirstName: "wrote"}, start) }, "", true, mirror.Present},
		"BoundAndNotFound": {404, func(m *mirror.Mirror) { m.Bind("ann-uid", testUserID) }, "", true, mirror.Pending},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			shared := rec.mirror
			shared.Follow(map[string]mirror.Followed{rec.uid(): {UserID: testUserID}})
			client := newTestClient(t, transport(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/v1/users" {
					return answeringTransport(http.StatusOK, "[]")(r)
				}
				c.advance(time.Second)
				tc.meanwhile(shared)
				body := userJSON("read")
				if tc.status != http.StatusOK {
					body = errorBody("resource_not_found", "")
				}
				return answeringTransport(tc.status, body)(r)
			}))
			got, err := stepsOf(r).finder(withRights(rec, client)).read(t.Context(), testUserID)
			var wait *reconcile.WaitError
			switch {
			case tc.wait != errors.As(err, &wait) || tc.wait && (wait.After != reconcile.StaleRetry || !errors.Is(err, errNotVisibleYet)):
				t.Errorf("read() = %v, %v; want a retry after %s: %t", got, err, reconcile.StaleRetry, tc.wait)
			case errors.Is(err, errGone) != (tc.presence == mirror.Absent):
				t.Errorf("read() = %v, %v; want gone: %t", got, err, tc.presence == mirror.Absent)
			case (got == nil) != (tc.want == "") || got != nil && got.FirstName != tc.want:
				t.Errorf("read() = %v, want %q", got, tc.want)
			}
			if sight := shared.Look(rec.uid(), testUserID); sight.Presence != tc.presence {
				t.Errorf("the mirror knows %+v, want presence %d", sight, tc.presence)
			}
		})
	}
}

// expectMissing waits until an absence counts, and fails unless the object is Missing then.
func (f *fixture) expectMissing(name string) {
	f.t.Helper()
	if result := f.reconcile(name); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		f.t.Errorf("the look-up is repeated after %s", result.RequeueAfter)
	}
	if ready := readyCondition(f.user(name)); ready != nil && ready.Reason == v1alpha1.ReasonMissing {
		f.t.Errorf("the absence counts at once: %+v", ready)
	}
	f.clock.advance(clerk.LagTime)
	f.expectReason(name, v1alpha1.ReasonMissing)
}

// TestAbsenceContradictedByAListIsRetried answers reads by id with 404, while lists show the user or answer nothing that a list
// could.
func TestAbsenceContradictedByAListIsRetried(t *testing.T) {
	t.Parallel()
	everything := emulator.Fault{Path: "/users/**", Status: 404, Code: "resource_not_found", Times: -1}
	for name, fault := range map[string]emulator.Fault{
		"ListShowsIt":     {Method: "GET", Path: "/users/*", Status: 404, Code: "resource_not_found", Times: -1},
		"EverythingIsNot": everything,
		"ByAProxy":        {Path: "/users/**", Status: 404, Body: "<html>", Times: -1},
		"ByAGateway":      {Path: "/users/**", Status: 404, Body: `{"errors":[{"message":"no route"}]}`, Times: -1},
		"GoneByAGateway":  {Path: "/users/**", Status: 410, Body: `{"errors":[{"message":"gone"}]}`, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.discardEvents()
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.clock.advance(2 * clerk.LagTime)
			f.clerk.InjectFault(fault)
			f.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
				u.Spec.FirstName = ptr.To("Ann")
			})
			for range 3 {
				f.reconcile("ann")
				f.clock.advance(20 * time.Second)
			}
			if ready := readyCondition(f.user("ann")); ready.Reason == v1alpha1.ReasonMissing {
				t.Errorf("Ready is %+v", ready)
			}
			f.delete("ann")
			for range 3 {
				f.reconcile("ann")
				f.user("ann")
				f.clock.advance(20 * time.Second)
			}
			if n := len(f.clerk.Journal().Matching("POST", "/users")); n != 1 {
				t.Errorf("%d users were created", n)
			}
			f.clerk.ClearFaults()
			f.clock.advance(clerk.LagTime)
			f.expectGone("ann")
			f.expectEvent(v1alpha1.EventDeleted)
			if len(f.clerk.Users()) != 0 {
				t.Error("the user was left behind")
			}
		})
	}
}

// TestConfirmationRepeatsOnlyItsOwnCall has a budget in which every call waits for its token.
func TestConfirmationRepeatsOnlyItsOwnCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * clerk.LagTime)
	_ = f.clerk.Delete(f.onlyUser().ID)
	slow, err := clerk.New(clerk.Config{
		APIURL: f.url, Key: clerk.NewSecret(f.clerk.Key()), Now: f.clock.now, RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1, Now: f.clock.now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.connect(slow, instanceName(newTestInstance()))
	f.clerk.ResetJournal()
	f.delete("ann")
	recordedEvents(f.Reconciler)
	for calls := 1; calls <= 2; calls++ {
		f.expectCalls(calls - 1)
		result := f.reconcile("ann")
		f.clock.advance(result.RequeueAfter)
	}
	f.expectCalls(2)
	f.expectEvent(v1alpha1.EventReleased)
}

func TestVanishedUserIsMissingOrRecreated(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		user  func(*v1alpha1.ClerkUser)
		want  string
		users int
	}{
		"PersonMayHaveLeft":    {func(*v1alpha1.ClerkUser) {}, v1alpha1.ReasonMissing, 0},
		"PersonCannotLeave":    {func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }, v1alpha1.ReasonInSync, 1},
		"PersonMayLeave":       {func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(true) }, v1alpha1.ReasonMissing, 0},
		"OnlyObservedIsAbsent": {func(*v1alpha1.ClerkUser) {}, v1alpha1.ReasonObserved, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann", tc.user))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			if tc.want == v1alpha1.ReasonObserved {
				f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) })
			}
			if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
				t.Fatal(err)
			}
			if enqueued := f.fullSync(); len(enqueued) != 1 || enqueued[0] != "ann-uid" {
				t.Errorf("the full sync that misses the user enqueues %v", enqueued)
			}
			f.expectReason("ann", tc.want)
			if n := len(f.clerk.Users()); n != tc.users {
				t.Errorf("%d users are at Clerk, want %d", n, tc.users)
			}
			if tc.users == 1 {
				f.expectEvent(v1alpha1.EventRecreated)
			}
		})
	}
}

// Reads may lag: a user that was just bound does not count as gone.
func TestUserThatWasBoundJustNowIsNotMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
	})
	if result := f.expectReason("ann", v1alpha1.ReasonInSync); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("right after the creation the look-up is repeated after %s", result.RequeueAfter)
	}
	f.clock.advance(clerk.LagTime)
	f.expectReason("ann", v1alpha1.ReasonMissing)
}

func TestNamedUserIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To("user_2Nobody") }))
	f.expectMissing("ann")
	if c := creation.Of(f.user("ann")); c != nil {
		t.Errorf("an object that names its user is about to create one: %+v", c)
	}
	seeded := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = &seeded.ID })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if f.user("ann").Status.Origin != v1alpha1.OriginAdopted || f.onlyUser().PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Errorf("the user that was named is not adopted: %+v", f.user("ann").Status)
	}
}
