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
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	self := newTestUser("ann")
	mine := markOf(self, v1alpha1.OriginCreated)
	with := func(change func(*plan.Mark)) func(*clerk.User) {
		m := mine
		change(&m)
		return marked(m)
	}
	adopts := func(p *pass) { p.user.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }
	named := func(id string) func(*pass) { return func(p *pass) { p.user.Spec.UserID = ptr.To(id) } }
	bound := func(p *pass) { p.user.Status.UserID = testUserID }
	waiting := func(p *pass) {
		bound(p)
		p.user.Status.Binding = p.Key.Sign(p.subject(testUserID))
	}
	signed := func(p *pass) {
		waiting(p)
		p.user.Status.LastWriteTime = ptr.To(metav1.NewTime(start))
	}
	scope := func(s v1alpha1.AdoptionScope) func(*pass) {
		return func(p *pass) { p.in.instance.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: &s} }
	}
	elsewhere := func(p *pass) { p.in.instance.Namespace = "platform" }
	unproved := func(status clerk.IdentifierStatus) func(*clerk.User) {
		return func(u *clerk.User) { u.EmailAddresses[0].Status = status }
	}
	unmarked := func(*clerk.User) {}
	tests := map[string]struct {
		user    func(*clerk.User)
		objects []func(*pass)
		want    manner
		reason  string
	}{
		"OurMarkAfterACrash":      {marked(mine), nil, resumed, ""},
		"OurMarkAndStatus":        {marked(mine), []func(*pass){bound}, held, ""},
		"OurMarkOnRecordHere":     {marked(mine), []func(*pass){func(p *pass) { p.in.connection.Mirror.Bind(p.uid(), testUserID) }}, held, ""},
		"OurMarkOnAnotherUser":    {marked(mine), []func(*pass){func(p *pass) { p.user.Status.UserID = "user_other" }}, resumed, ""},
		"OurMarkUnderANewName":    {with(func(m *plan.Mark) { m.Name = "former" }), nil, resumed, ""},
		"OurMarkThoughNoAdoption": {marked(mine), []func(*pass){scope(v1alpha1.AdoptionNone)}, resumed, ""},

		"Predecessor":                     {with(func(m *plan.Mark) { m.UID = "earlier" }), nil, succeeded, ""},
		"PredecessorWithoutAdoption":      {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*pass){scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorInAForeignInstance":   {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*pass){elsewhere}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorWhereAllMayAdopt":     {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*pass){elsewhere, scope(v1alpha1.AdoptionAll)}, succeeded, ""},
		"PredecessorOfAnotherNamespace":   {with(func(m *plan.Mark) { m.UID, m.Namespace = "earlier", "team-b" }), []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorOfAnotherCluster":     {with(func(m *plan.Mark) { m.Cluster = "cluster-2" }), []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnotherObjectOfTheNamespace":     {with(func(m *plan.Mark) { m.UID, m.Name = "bob-uid", "bob" }), []func(*pass){adopts}, 0, v1alpha1.ReasonConflict},
		"AnotherNamespaceIsNotNamed":      {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsOurSignature":   {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*pass){signed}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsTheOrder":       {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*pass){named(testUserID)}, 0, v1alpha1.ReasonAlreadyExists},
		"UnreadableMarkIsAnothers":        {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = "v9 ?" }, []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkThatIsNoTextIsAnothers":      {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = true }, []func(*pass){signed, adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInPublicMetadataMeansNought": {func(u *clerk.User) { u.PublicMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInUnsafeMetadataMeansNought": {func(u *clerk.User) { u.UnsafeMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},

		"LostMarkWithOurSignature":  {unmarked, []func(*pass){signed}, restored, ""},
		"MarkThatWaitsToBeWritten":  {unmarked, []func(*pass){waiting}, held, ""},
		"LostMarkWithoutASignature": {unmarked, []func(*pass){bound}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherUser": {unmarked, []func(*pass){func(p *pass) {
			p.user.Status.UserID, p.user.Status.Binding = testUserID, p.Key.Sign(p.subject("user_other"))
		}}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherObject":        {unmarked, []func(*pass){signed, func(p *pass) { p.user.UID = "copy" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherInstance":      {unmarked, []func(*pass){signed, func(p *pass) { p.in.connection.InstanceID = "ins_other" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureBesideAnotherStatusUser": {unmarked, []func(*pass){signed, func(p *pass) { p.user.Status.UserID = "user_other" }}, 0, v1alpha1.ReasonAlreadyExists},

		"ToldByID":                       {unmarked, []func(*pass){named(testUserID)}, adopted, ""},
		"ToldByIDWithoutAdoption":        {unmarked, []func(*pass){named(testUserID), scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"ToldByAnotherID":                {unmarked, []func(*pass){named("user_other"), adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddress":                {unmarked, []func(*pass){adopts}, adopted, ""},
		"VerifiedAddressUnasked":         {unmarked, nil, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressNever":           {unmarked, []func(*pass){func(p *pass) { p.user.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptNever) }}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressInAForeignPlace": {unmarked, []func(*pass){adopts, elsewhere}, 0, v1alpha1.ReasonAlreadyExists},
		"VerifiedAddressWhereAllMay":     {unmarked, []func(*pass){adopts, elsewhere, scope(v1alpha1.AdoptionAll)}, adopted, ""},
		"UnknownScopeIsNone":             {unmarked, []func(*pass){adopts, scope("Sometimes")}, 0, v1alpha1.ReasonAlreadyExists},
		"ReservedAddressProvesNothing":   {unproved(clerk.Reserved), []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"UnverifiedAddressProvesNothing": {unproved(clerk.Unverified), []func(*pass){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"UsernameProvesNothing": {
			func(u *clerk.User) { u.EmailAddresses, u.Username = nil, "ann" },
			[]func(*pass){adopts, func(p *pass) { p.user.Spec.Username = ptr.To("ann") }}, 0, v1alpha1.ReasonAlreadyExists,
		},
		"ExternalIDProves": {
			func(u *clerk.User) { u.EmailAddresses, u.ExternalID = nil, "7" },
			[]func(*pass){adopts, func(p *pass) { p.user.Spec.ExternalID = ptr.To("7") }}, adopted, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTestPass(t, newTestReconciler(t, newClock()), self.DeepCopy())
			for _, change := range tc.objects {
				change(p)
			}
			if err := p.think(); err != nil {
				t.Fatal(err)
			}
			p.Live = newTestCluster(t, newTestUser("bob"), newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Namespace = "team-b" }))
			got, err := p.claim(t.Context(), atClerk("ann@example.com", tc.user))
			if got != tc.want {
				t.Errorf("claimed in manner %d, want %d (%v)", got, tc.want, err)
			}
			found, _ := errors.AsType[*problem](err)
			switch {
			case (err == nil) != (tc.reason == ""):
				t.Errorf("error %v, want reason %q", err, tc.reason)
			case err == nil:
			case found == nil || found.reason != tc.reason:
				t.Errorf("error %v, want reason %s", err, tc.reason)
			case strings.Contains(found.message, "team-b") || strings.Contains(found.message, testUserID):
				t.Errorf("the message tells whose the user is: %s", found.message)
			}
		})
	}
}

func TestOriginComesFromTheMark(t *testing.T) {
	t.Parallel()
	annotation := `{"kind":"email_address","value":"ann@example.com","at":"2026-03-04T05:06:07Z","applied":{"emailAddresses":["ann@example.com"]}}`
	self := annotated(annotation)
	byMark := func(origin v1alpha1.Origin, change ...func(*plan.Mark)) *clerk.User {
		m := markOf(self, origin)
		for _, f := range change {
			f(&m)
		}
		return atClerk("ann@example.com", marked(m))
	}
	tests := map[string]struct {
		how     manner
		user    *clerk.User
		status  v1alpha1.ClerkUserStatus
		want    v1alpha1.Origin
		applied bool
	}{
		"CreatedJustNow":             {created, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginCreated, true},
		"ResumedAsCreated":           {resumed, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginCreated, true},
		"ResumedAsAdopted":           {resumed, byMark(v1alpha1.OriginAdopted), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
		"Adopted":                    {adopted, atClerk("ann@example.com"), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
		"HeldFollowsTheMark":         {held, byMark(v1alpha1.OriginAdopted), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginCreated}, v1alpha1.OriginAdopted, false},
		"HeldKeepsWhatStatusApplied": {held, byMark(v1alpha1.OriginCreated), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginCreated}, v1alpha1.OriginCreated, false},
		"RestoredFollowsStatus":      {restored, atClerk("ann@example.com"), v1alpha1.ClerkUserStatus{UserID: testUserID, Origin: v1alpha1.OriginAdopted}, v1alpha1.OriginAdopted, false},
		"SucceededAsAdopted":         {succeeded, byMark(v1alpha1.OriginAdopted, func(m *plan.Mark) { m.UID = "earlier" }), v1alpha1.ClerkUserStatus{}, v1alpha1.OriginAdopted, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := self.DeepCopy()
			user.Status = tc.status
			p := newTestPass(t, newTestReconciler(t, newClock()), user)
			p.settleOrigin(tc.user, tc.how)
			if p.origin != tc.want {
				t.Errorf("origin is %q, want %q", p.origin, tc.want)
			}
			if got := len(p.applied.EmailAddresses) > 0; got != tc.applied {
				t.Errorf("what the annotation says is applied: %t, want %t", got, tc.applied)
			}
		})
	}
}

func TestBindingIsTold(t *testing.T) {
	t.Parallel()
	want := map[manner]string{
		held: "", created: v1alpha1.EventCreated, resumed: v1alpha1.EventResumed, restored: v1alpha1.EventMarkRestored,
		succeeded: v1alpha1.EventAdopted, adopted: v1alpha1.EventAdopted,
	}
	for how, reason := range want {
		p := newTestPass(t, newTestReconciler(t, newClock()), newTestUser("ann"))
		p.noteManner(atClerk("ann@example.com"), how)
		switch {
		case reason == "" && len(p.happened) == 0:
		case len(p.happened) != 1 || p.happened[0].reason != reason || !strings.Contains(p.happened[0].note, testUserID):
			t.Errorf("manner %d is told as %+v, want %q", how, p.happened, reason)
		}
	}
}
