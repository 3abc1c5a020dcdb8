// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// userJSON is a user as Clerk describes one.
func userJSON(name string) string {
	return `{"id":"` + testUserID + `","object":"user","first_name":"` + name + `","email_addresses":[],"phone_numbers":[],"web3_wallets":[],` +
		`"public_metadata":{},"private_metadata":{},"unsafe_metadata":{},"created_at":1,"updated_at":1}`
}

// reportedBefore gives the spec a final result.
func reportedBefore(u *v1alpha1.ClerkUser) { u.Status.ObservedGeneration = u.Generation }

func requestReconcile(u *v1alpha1.ClerkUser) {
	u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
}

// declareUnlocked sets locked: false. With a spec without a result, that lifts any lock.
func declareUnlocked(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(false) }

// A known user is not read, a doubtful one is read by id, and an unknown one is waited for, unless somebody waits for this
// object.
func TestMirrorDecidesWhetherClerkIsRead(t *testing.T) {
	t.Parallel()
	known := func(m *mirror.Mirror) {
		m.Wrote(&clerk.User{ID: testUserID, FirstName: "known", UpdatedAt: time.UnixMilli(1)}, start.Add(time.Minute-time.Second))
	}
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		knows func(m *mirror.Mirror)
		// seen is how long ago the request was first seen. The mirror's copy is one second old.
		seen  time.Duration
		want  string
		err   error
		calls int
	}{
		"PresentAndQuiet":        {[]func(*v1alpha1.ClerkUser){reportedBefore}, known, 0, "known", nil, 0},
		"PresentAndEdited":       {nil, known, 0, "known", nil, 0},
		"PresentAndRequested":    {[]func(*v1alpha1.ClerkUser){reportedBefore, requestReconcile}, known, 0, "read", nil, 1},
		"ReadSinceRequest":       {[]func(*v1alpha1.ClerkUser){reportedBefore, requestReconcile}, known, time.Minute, "known", nil, 0},
		"ReadAtRequest":          {[]func(*v1alpha1.ClerkUser){reportedBefore, requestReconcile}, known, time.Second, "read", nil, 1},
		"EditThatLiftsLocks":     {[]func(*v1alpha1.ClerkUser){declareUnlocked}, known, 0, "read", nil, 1},
		"EditThatLiftsSeenLocks": {[]func(*v1alpha1.ClerkUser){declareUnlocked}, known, time.Minute, "known", nil, 0},
		"LocksLiftedBefore":      {[]func(*v1alpha1.ClerkUser){declareUnlocked, reportedBefore}, known, 0, "known", nil, 0},
		"EditThatLocks":          {[]func(*v1alpha1.ClerkUser){func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(true) }}, known, 0, "known", nil, 0},
		"AbsentAndQuiet":         {[]func(*v1alpha1.ClerkUser){reportedBefore}, absent, 0, "", errGone, 0},
		"AbsentAndEdited":        {nil, absent, 0, "", errGone, 0},
		"AbsentAndRequested":     {[]func(*v1alpha1.ClerkUser){reportedBefore, requestReconcile}, absent, time.Minute, "read", nil, 1},
		"PendingAndQuiet":        {[]func(*v1alpha1.ClerkUser){reportedBefore}, unknown, 0, "", errNotRead, 0},
		"PendingAndEdited":       {nil, unknown, 0, "read", nil, 1},
		"PendingAndRequested":    {[]func(*v1alpha1.ClerkUser){reportedBefore, requestReconcile}, unknown, time.Minute, "read", nil, 1},
		"DoubtfulAndQuiet":       {[]func(*v1alpha1.ClerkUser){reportedBefore}, doubtful, 0, "read", nil, 1},
		"DoubtfulAndEdited":      {nil, doubtful, 0, "read", nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			c.advance(time.Minute - tc.seen)
			newTestReconciliation(t, r, newTestUser("ann", tc.user...))
			c.at = start.Add(time.Minute - time.Second)
			rec := newTestReconciliation(t, r, newTestUser("ann", tc.user...))
			shared := rec.mirror
			shared.Follow(map[string]mirror.Followed{rec.uid(): {UserID: testUserID}})
			tc.knows(shared)
			c.at = start.Add(time.Minute)
			rec.now = c.at
			var seen []string
			client := newTestClient(t, routedTransport(map[string]string{"GET /v1/users/" + testUserID: userJSON("read")}, &seen))
			got, err := stepsOf(r).locate(withRights(rec, client)).find(t.Context(), testUserID)
			if !errors.Is(err, tc.err) || (got == nil) != (tc.want == "") || got != nil && got.FirstName != tc.want {
				t.Errorf("found is %v, %v; want %q, %v", got, err, tc.want, tc.err)
			}
			if len(seen) != tc.calls {
				t.Errorf("Clerk was asked %v, want %d calls", seen, tc.calls)
			}
			if sight := shared.Look(rec.uid(), testUserID); tc.want != "" && (sight.Presence != mirror.Present || sight.User.FirstName != tc.want) {
				t.Errorf("the mirror knows %+v, want what was read", sight)
			}
		})
	}
}

func unknown(*mirror.Mirror)    {}
func doubtful(m *mirror.Mirror) { m.WrotePart(testUserID) }
func absent(m *mirror.Mirror)   { m.NotFound(testUserID, start.Add(time.Minute-time.Second)) }

// After a restart all users are read by lists. Only a user that a person waits for is read by id.
func TestReconcileAfterRestartWaitsForTheMirror(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit   func(*v1alpha1.ClerkUser)
		first  int
		writes int
	}{
		"Quiet":               {nil, 0, 0},
		"Edited":              {func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") }, 2, 1},
		"EditedToLift":        {func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(false) }, 1, 0},
		"EditedWithoutEffect": {func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeEnforce) }, 1, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.clock.advance(time.Hour)
			f.restart()
			if tc.edit != nil {
				f.edit("ann", tc.edit)
			}
			version := f.user("ann").ResourceVersion
			f.clerk.ResetJournal()
			result := f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectCalls(tc.first)
			if n := len(f.clerk.Journal().Writes()); n != tc.writes {
				t.Errorf("%d writes, want %d", n, tc.writes)
			}
			if tc.edit != nil {
				return
			}
			if !result.IsZero() || f.user("ann").ResourceVersion != version {
				t.Errorf("waiting for the mirror looks again in %s, or is written down", result.RequeueAfter)
			}
			if enqueued := f.initialSync(); len(enqueued) != 1 || enqueued[0] != "ann-uid" {
				t.Errorf("the initial sync enqueues %v", enqueued)
			}
			f.clerk.ResetJournal()
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectCalls(0)
		})
	}
}

// A requested reconcile reads the user from Clerk and not from the mirror, once.
func TestRequestedReconcileReadsTheUserOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") }))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
		t.Fatal(err)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(0)
	f.edit("ann", requestReconcile)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(2)
	if name := *f.onlyUser().FirstName; name != "Ann" {
		t.Errorf("the name stays %s", name)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(0)
}

// While the call has to wait, nothing is written to the cluster either: it would be a write for each of many new objects.
func TestNothingIsWrittenBeforeTheTokenIsAvailable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.limitRate(10)
	f.create(newTestUser("ann"))
	f.create(newTestUser("bob"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clerk.ResetJournal()
	result := f.reconcile("bob")
	f.expectCalls(0)
	if bob := f.user("bob"); len(bob.Finalizers) != 0 || len(bob.Annotations) != 0 || len(bob.Status.Conditions) != 0 {
		t.Errorf("a waiting object is given %v, %v, %+v", bob.Finalizers, bob.Annotations, bob.Status)
	}
	if result.RequeueAfter <= 0 || result.RequeueAfter > 10*time.Second {
		t.Fatalf("its token is due in %s", result.RequeueAfter)
	}
	f.clock.advance(result.RequeueAfter)
	f.expectReason("bob", v1alpha1.ReasonInSync)
	f.expectCalls(1)
}
