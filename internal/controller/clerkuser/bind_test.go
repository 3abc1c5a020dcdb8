// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestOriginComesFromTheMark(t *testing.T) {
	t.Parallel()
	annotation := `{"kind":"email_address","value":"ann@example.com","at":"2026-03-04T05:06:07Z","applied":{"emailAddresses":["ann@example.com"]}}`
	self := userWithAnnotation(annotation)
	byMark := func(origin v1alpha1.Origin, change ...func(*plan.Mark)) *clerk.User {
		m := markOf(self, origin)
		for _, f := range change {
			f(&m)
		}
		return clerkUser("ann@example.com", withMark(m))
	}
	tests := map[string]struct {
		how     bindKind
		user    *clerk.User
		status  v1alpha1.ClerkUserStatus
		want    v1alpha1.Origin
		applied bool
	}{
		"CreatedJustNow":              {created, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginCreated, true},
		"ResumedAsCreated":            {resumed, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginCreated, true},
		"ResumedAsAdopted":            {resumed, byMark(v1alpha1.OriginAdopted), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
		"Adopted":                     {adopted, clerkUser("ann@example.com"), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
		"BoundFollowsTheMark":         {bound, byMark(v1alpha1.OriginAdopted), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginCreated}, v1alpha1.OriginAdopted, false},
		"BoundKeepsWhatStatusApplied": {bound, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginCreated}, v1alpha1.OriginCreated, false},
		"RestoredFollowsStatus":       {restored, clerkUser("ann@example.com"), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginAdopted}, v1alpha1.OriginAdopted, false},
		"InheritedAsAdopted":          {inherited, byMark(v1alpha1.OriginAdopted, func(m *plan.Mark) { m.UID = "earlier" }), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := self.DeepCopy()
			user.Status = tc.status
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
			rec.settleOrigin(tc.user, tc.how)
			if rec.origin != tc.want {
				t.Errorf("origin is %q, want %q", rec.origin, tc.want)
			}
			if got := len(rec.record.Value().EmailAddresses) > 0; got != tc.applied {
				t.Errorf("the annotation's record is applied: %t, want %t", got, tc.applied)
			}
		})
	}
}

func TestBindingRecordsEvents(t *testing.T) {
	t.Parallel()
	want := map[bindKind]string{
		bound: "", created: v1alpha1.EventCreated, resumed: v1alpha1.EventResumed, restored: v1alpha1.EventMarkRestored,
		inherited: v1alpha1.EventAdopted, adopted: v1alpha1.EventAdopted,
	}
	for how, reason := range want {
		rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
		rec.recordBindEvent(clerkUser("ann@example.com"), how)
		switch {
		case reason == "" && len(rec.events) == 0:
		case len(rec.events) != 1 || rec.events[0].reason != reason || !strings.Contains(rec.events[0].note, testUserID):
			t.Errorf("bindKind %d recorded %+v, want %q", how, rec.events, reason)
		}
	}
}

// TestAnswerWithoutOwnMarkIsNotBound answers the creating call with the answer to another one.
func TestAnswerWithoutOwnMarkIsNotBound(t *testing.T) {
	t.Parallel()
	address := []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}
	former := markOf(newTestUser("ann"), v1alpha1.OriginCreated)
	former.UID = "former-uid"
	for name, tc := range map[string]struct {
		other   emulator.User
		applied bool
		event   string
	}{
		"Stranger":         {emulator.User{Username: ptr.To("stranger")}, true, v1alpha1.EventResumed},
		"StrangerUnmade":   {emulator.User{Username: ptr.To("stranger")}, false, v1alpha1.EventCreated},
		"OurMarkOnAnother": {emulator.User{Username: ptr.To("stranger"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: markOf(newTestUser("ann"), v1alpha1.OriginCreated).String()}}, true, v1alpha1.EventResumed},
		"PredecessorsMark": {emulator.User{Username: ptr.To("stranger"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: former.String()}}, true, v1alpha1.EventResumed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			other := f.clerk.Seed(tc.other)
			f.create(newTestUser("ann"))
			f.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID, AfterApplying: tc.applied})
			f.reconcile("ann")
			if id := f.user("ann").Status.UserID; id != "" {
				t.Fatalf("bound to %s", id)
			}
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectEvent(tc.event)
			if id := f.user("ann").Status.UserID; id == other.ID || f.clerk.User(id).EmailAddresses[0].EmailAddress != address[0].EmailAddress {
				t.Errorf("bound to %s", id)
			}
			if now := f.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
				t.Errorf("the other user was changed: %+v", now)
			}
		})
	}
}

// TestCreateAnswerMustCarryTheMark answers the creating call with a user that has the identifiers but not the mark.
func TestCreateAnswerMustCarryTheMark(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.create(newTestUser("ann"))
	f.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID})
	f.reconcile("ann")
	f.expectReason("ann", v1alpha1.ReasonAlreadyExists)
	if now := f.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
		t.Errorf("the other user was changed: %+v", now)
	}
}

func TestIdentifierThatIsTaken(t *testing.T) {
	t.Parallel()
	seed := func(f *fixture, change ...func(*emulator.User)) {
		user := emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}}
		for _, f := range change {
			f(&user)
		}
		f.clerk.Seed(user)
	}
	adopts := func(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }
	twoAddresses := func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "two@example.com"})
	}
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		clerk func(f *fixture)
		want  string
	}{
		"ByAStranger":            {nil, func(f *fixture) { seed(f) }, v1alpha1.ReasonAlreadyExists},
		"ByAStrangerToBeAdopted": {[]func(*v1alpha1.ClerkUser){adopts}, func(f *fixture) { seed(f) }, v1alpha1.ReasonInSync},
		"ByTwoStrangers": {[]func(*v1alpha1.ClerkUser){adopts, twoAddresses}, func(f *fixture) {
			seed(f)
			seed(f, func(u *emulator.User) { u.EmailAddresses[0] = emulator.VerifiedEmail("two@example.com") })
		}, v1alpha1.ReasonAmbiguous},
		"ByTwoInDifferentWays": {[]func(*v1alpha1.ClerkUser){adopts, func(u *v1alpha1.ClerkUser) { u.Spec.Username = ptr.To("ann_lee") }}, func(f *fixture) {
			seed(f)
			seed(f, func(u *emulator.User) { u.EmailAddresses, u.Username = nil, ptr.To("ann_lee") })
		}, v1alpha1.ReasonAmbiguous},
		"ByNoListedUser": {nil, func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists", Param: "email_address"})
		}, v1alpha1.ReasonWaiting},
		"ByNoListedUserOfAnUnnamedKind": {nil, func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonWaiting},
		"ByAStrangerOfAKindThatClerkDoesNotName": {nil, func(f *fixture) {
			seed(f)
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			tc.clerk(f)
			f.create(newTestUser("ann", tc.user...))
			result := f.expectReason("ann", tc.want)
			if tc.want == v1alpha1.ReasonWaiting && result.RequeueAfter != takenRetry {
				t.Errorf("it is requeued after %s, want %s", result.RequeueAfter, takenRetry)
			}
			if tc.want != v1alpha1.ReasonInSync && f.user("ann").Status.UserID != "" {
				t.Errorf("bound to %s", f.user("ann").Status.UserID)
			}
		})
	}
}

// A request to adopt that was withdrawn, unknown to the cache, must not be carried out.
func TestAdoptionRequestIsReadLive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.ClerkUser){
		"TakenBack": func(u *v1alpha1.ClerkUser) { u.Spec.UserID = nil },
		"Deleted":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			seeded := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.UserID, u.Finalizers = &seeded.ID, []string{v1alpha1.Finalizer}
			}))
			cached := f.user("ann")
			if change != nil {
				f.edit("ann", change)
			} else {
				f.delete("ann")
			}
			result, err := f.Reconcile(t.Context(), cached)
			if err != nil || result.RequeueAfter != reconcile.ConflictPause {
				t.Errorf("reconciling an outdated copy: %+v, %v", result, err)
			}
			if f.onlyUser().PrivateMetadata[v1alpha1.OwnerKey] != nil {
				t.Error("the user was adopted")
			}
		})
	}
}

// The answer to a creating call is lost, its identifier leaves the spec, and the new one belongs to another user.
func TestIdentifierAfterALostAnswerIsTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy v1alpha1.AdoptionPolicy
		want   string
	}{
		"ToBeAdopted": {v1alpha1.AdoptIfUnmanaged, v1alpha1.ReasonInSync},
		"ToBeLeft":    {v1alpha1.AdoptNever, v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(tc.policy) }))
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
			f.expectReason("ann", v1alpha1.ReasonWaiting)
			f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("new@example.com")}})
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
			f.clock.advance(2 * clerk.LagTime)
			f.expectReason("ann", tc.want)
		})
	}
}
