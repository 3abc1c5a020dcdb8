// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	self := newTestUser("ann")
	mine := markOf(self, v1alpha1.OriginCreated)
	with := func(change func(*plan.Mark)) func(*clerk.User) {
		m := mine
		change(&m)
		return withMark(m)
	}
	adopts := func(rec *reconciliation) { rec.user.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }
	named := func(id string) func(*reconciliation) {
		return func(rec *reconciliation) { rec.user.Spec.UserID = ptr.To(id) }
	}
	onRecord := func(rec *reconciliation) { rec.user.Status.UserID = testUserID }
	waiting := func(rec *reconciliation) {
		onRecord(rec)
		rec.user.Status.Binding = rec.key.Sign(rec.subject(testUserID))
	}
	signed := func(rec *reconciliation) {
		waiting(rec)
		rec.user.Status.LastWriteTime = ptr.To(metav1.NewTime(start))
	}
	scope := func(s v1alpha1.AdoptionScope) func(*reconciliation) {
		return func(rec *reconciliation) { rec.instance.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: &s} }
	}
	elsewhere := func(rec *reconciliation) { rec.instance.Namespace = "platform" }
	unproved := func(status clerk.IdentifierStatus) func(*clerk.User) {
		return func(u *clerk.User) { u.EmailAddresses[0].Status = status }
	}
	unmarked := func(*clerk.User) {}
	tests := map[string]struct {
		user    func(*clerk.User)
		objects []func(*reconciliation)
		want    bindKind
		reason  string
	}{
		"OurMarkAfterACrash":      {withMark(mine), nil, resumed, ""},
		"OurMarkAndStatus":        {withMark(mine), []func(*reconciliation){onRecord}, bound, ""},
		"OurMarkOnRecordHere":     {withMark(mine), []func(*reconciliation){func(rec *reconciliation) { rec.mirror.Bind(rec.uid(), testUserID) }}, bound, ""},
		"OurMarkOnAnotherUser":    {withMark(mine), []func(*reconciliation){func(rec *reconciliation) { rec.user.Status.UserID = "user_other" }}, resumed, ""},
		"OurMarkUnderANewName":    {with(func(m *plan.Mark) { m.Name = "former" }), nil, resumed, ""},
		"OurMarkThoughNoAdoption": {withMark(mine), []func(*reconciliation){scope(v1alpha1.AdoptionNone)}, resumed, ""},

		"Predecessor":                     {with(func(m *plan.Mark) { m.UID = "earlier" }), nil, inherited, ""},
		"PredecessorWithoutAdoption":      {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorInAForeignInstance":   {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){elsewhere}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorWhereAllMayAdopt":     {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){elsewhere, scope(v1alpha1.AdoptionAll)}, inherited, ""},
		"PredecessorOfAnotherNamespace":   {with(func(m *plan.Mark) { m.UID, m.Namespace = "earlier", "team-b" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorOfAnotherCluster":     {with(func(m *plan.Mark) { m.Cluster = "cluster-2" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnotherObjectOfTheNamespace":     {with(func(m *plan.Mark) { m.UID, m.Name = "bob-uid", "bob" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonConflict},
		"AnotherNamespaceIsNotNamed":      {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsOurSignature":   {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){signed}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsTheOrder":       {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){named(testUserID)}, 0, v1alpha1.ReasonAlreadyExists},
		"UnreadableMarkIsAnothers":        {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = "v9 ?" }, []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkThatIsNoTextIsAnothers":      {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = true }, []func(*reconciliation){signed, adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInPublicMetadataMeansNought": {func(u *clerk.User) { u.PublicMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInUnsafeMetadataMeansNought": {func(u *clerk.User) { u.UnsafeMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},

		"LostMarkWithOurSignature":  {unmarked, []func(*reconciliation){signed}, restored, ""},
		"MarkThatWaitsToBeWritten":  {unmarked, []func(*reconciliation){waiting}, bound, ""},
		"LostMarkWithoutASignature": {unmarked, []func(*reconciliation){onRecord}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherUser": {unmarked, []func(*reconciliation){func(rec *reconciliation) {
			rec.user.Status.UserID, rec.user.Status.Binding = testUserID, rec.key.Sign(rec.subject("user_other"))
		}}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherObject":        {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.user.UID = "copy" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherInstance":      {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.instanceID = "ins_other" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureBesideAnotherStatusUser": {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.user.Status.UserID = "user_other" }}, 0, v1alpha1.ReasonAlreadyExists},

		"ToldByID":                       {unmarked, []func(*reconciliation){named(testUserID)}, adopted, ""},
		"ToldByIDWithoutAdoption":        {unmarked, []func(*reconciliation){named(testUserID), scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"ToldByAnotherID":                {unmarked, []func(*reconciliation){named("user_other"), adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddress":                {unmarked, []func(*reconciliation){adopts}, adopted, ""},
		"VerifiedAddressWithoutAdoption": {unmarked, nil, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressNever":           {unmarked, []func(*reconciliation){func(rec *reconciliation) { rec.user.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptNever) }}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressInAForeignPlace": {unmarked, []func(*reconciliation){adopts, elsewhere}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressWhereAllMay":     {unmarked, []func(*reconciliation){adopts, elsewhere, scope(v1alpha1.AdoptionAll)}, adopted, ""},
		"UnknownScopeIsNone":             {unmarked, []func(*reconciliation){adopts, scope("Sometimes")}, 0, v1alpha1.ReasonAlreadyExists},
		"ReservedAddressProvesNothing":   {unproved(clerk.Reserved), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"UnverifiedAddressProvesNothing": {unproved(clerk.Unverified), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"UsernameProvesNothing": {
			func(u *clerk.User) { u.EmailAddresses, u.Username = nil, "ann" },
			[]func(*reconciliation){adopts, func(rec *reconciliation) { rec.user.Spec.Username = ptr.To("ann") }}, 0, v1alpha1.ReasonAlreadyExists,
		},
		"ExternalIDProves": {
			func(u *clerk.User) { u.EmailAddresses, u.ExternalID = nil, "7" },
			[]func(*reconciliation){adopts, func(rec *reconciliation) { rec.user.Spec.ExternalID = ptr.To("7") }}, adopted, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, self.DeepCopy())
			for _, change := range tc.objects {
				change(rec)
			}
			if err := rec.buildDesired(); err != nil {
				t.Fatal(err)
			}
			r.APIReader = newTestCluster(t, newTestUser("bob"), newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Namespace = "team-b" }))
			got, err := stepsOf(r).locate(withoutRights(rec)).claim(t.Context(), clerkUser("ann@example.com", tc.user))
			if got != tc.want {
				t.Errorf("claimed with bindKind %d, want %d (%v)", got, tc.want, err)
			}
			found, _ := errors.AsType[*reconcile.Problem](err)
			switch {
			case (err == nil) != (tc.reason == ""):
				t.Errorf("error %v, want reason %q", err, tc.reason)
			case err == nil:
			case found == nil || found.Reason != tc.reason:
				t.Errorf("error %v, want reason %s", err, tc.reason)
			case strings.Contains(found.Message, "team-b") || strings.Contains(found.Message, testUserID):
				t.Errorf("the message shows who manages the user: %s", found.Message)
			}
		})
	}
}

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
