// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

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

		"Predecessor":                   {with(func(m *plan.Mark) { m.UID = "earlier" }), nil, inherited, ""},
		"PredecessorWithoutAdoption":    {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorInAForeignInstance": {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){elsewhere}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorWhereAllMayAdopt":   {with(func(m *plan.Mark) { m.UID = "earlier" }), []func(*reconciliation){elsewhere, scope(v1alpha1.AdoptionAll)}, inherited, ""},
		"PredecessorOfAnotherNamespace": {with(func(m *plan.Mark) { m.UID, m.Namespace = "earlier", "team-b" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"PredecessorOfAnotherCluster":   {with(func(m *plan.Mark) { m.Cluster = "cluster-2" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnotherObjectOfTheNamespace":   {with(func(m *plan.Mark) { m.UID, m.Name = "bob-uid", "bob" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonConflict},
		"AnotherNamespaceIsNotNamed":    {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsOurSignature": {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){signed}, 0, v1alpha1.ReasonAlreadyExists},
		"AnothersMarkBeatsTheOrder":     {with(func(m *plan.Mark) { m.UID, m.Name, m.Namespace = "bob-uid", "bob", "team-b" }), []func(*reconciliation){named(testUserID)}, 0, v1alpha1.ReasonAlreadyExists},
		"UnreadableMarkIsAnothers":      {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = "v9 ?" }, []func(*reconciliation){adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkThatIsNoTextIsAnothers":    {func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = true }, []func(*reconciliation){signed, adopts}, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInPublicMetadataIsIgnored": {func(u *clerk.User) { u.PublicMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},
		"MarkInUnsafeMetadataIsIgnored": {func(u *clerk.User) { u.UnsafeMetadata[v1alpha1.OwnerKey] = mine.String() }, nil, 0, v1alpha1.ReasonAlreadyExists},

		"LostMarkWithOurSignature":  {unmarked, []func(*reconciliation){signed}, restored, ""},
		"MarkThatWaitsToBeWritten":  {unmarked, []func(*reconciliation){waiting}, bound, ""},
		"LostMarkWithoutASignature": {unmarked, []func(*reconciliation){onRecord}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherUser": {unmarked, []func(*reconciliation){func(rec *reconciliation) {
			rec.user.Status.UserID, rec.user.Status.Binding = testUserID, rec.key.Sign(rec.subject("user_other"))
		}}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherObject":        {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.user.UID = "copy" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureForAnotherInstance":      {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.instanceID = "ins_other" }}, 0, v1alpha1.ReasonAlreadyExists},
		"SignatureBesideAnotherStatusUser": {unmarked, []func(*reconciliation){signed, func(rec *reconciliation) { rec.user.Status.UserID = "user_other" }}, 0, v1alpha1.ReasonAlreadyExists},

		"RequestedByID":                  {unmarked, []func(*reconciliation){named(testUserID)}, adopted, ""},
		"RequestedByIDWithoutAdoption":   {unmarked, []func(*reconciliation){named(testUserID), scope(v1alpha1.AdoptionNone)}, 0, v1alpha1.ReasonAlreadyExists},
		"RequestedByAnotherID":           {unmarked, []func(*reconciliation){named("user_other"), adopts}, 0, v1alpha1.ReasonAlreadyExists},
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
			rec.firstSeen = rec.now.Add(-time.Hour)
			r.APIReader = newTestCluster(t, newTestUser("bob"), newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Namespace = "team-b" }))
			r.Client = newTestCluster(t)
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

func TestClaimOrphan(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	unavailable := apierrors.NewServiceUnavailable("no")
	owner := func(namespace, uid, userID string) client.Object {
		return newTestUser("bob", func(u *v1alpha1.ClerkUser) {
			u.Namespace, u.UID, u.Status.UserID = namespace, "bob-uid", userID
			if uid != "" {
				u.UID = "another"
			}
		})
	}
	const mine, theirs, anew = testNamespace, "team-b", "anew"
	tests := map[string]struct {
		owner     client.Object
		fails     error
		namespace string
		unnamed   bool
		scope     v1alpha1.AdoptionScope
		want      bindKind
		reason    string
		err       error
	}{
		"GoneElsewhere":             {namespace: theirs, want: adopted},
		"GoneHere":                  {namespace: mine, want: adopted},
		"GoneElsewhereAndNotNamed":  {namespace: theirs, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
		"GoneHereAndNotNamed":       {namespace: mine, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
		"GoneAndNotAllowed":         {namespace: theirs, scope: v1alpha1.AdoptionNone, reason: v1alpha1.ReasonAlreadyExists},
		"ThereElsewhere":            {namespace: theirs, owner: owner(theirs, "", testUserID), reason: v1alpha1.ReasonAlreadyExists},
		"ThereHere":                 {namespace: mine, owner: owner(mine, "", testUserID), reason: v1alpha1.ReasonConflict},
		"ThereWithoutAStatus":       {namespace: theirs, owner: owner(theirs, "", ""), reason: v1alpha1.ReasonAlreadyExists},
		"ThereWithAStatusOfAnother": {namespace: theirs, owner: owner(theirs, "", "user_other"), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatMayInheritIt":  {namespace: theirs, owner: owner(theirs, anew, ""), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatHasIt":         {namespace: theirs, owner: owner(theirs, anew, testUserID), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatHasAnother":    {namespace: theirs, owner: owner(theirs, anew, "user_other"), want: adopted},
		"ReadIsForbidden":           {namespace: theirs, fails: apierrors.NewForbidden(resource, "bob", errors.New("no")), reason: v1alpha1.ReasonAlreadyExists},
		"ReadIsForbiddenHere":       {namespace: mine, fails: apierrors.NewForbidden(resource, "bob", errors.New("no")), reason: v1alpha1.ReasonConflict},
		"TheAPIServerDoesNotAnswer": {namespace: theirs, fails: unavailable, err: unavailable},
		"NotReadWithoutUserID":      {namespace: theirs, fails: unavailable, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.firstSeen, r.Client = rec.now.Add(-time.Hour), newTestCluster(t)
			if !tc.unnamed {
				rec.user.Spec.UserID = new(testUserID)
			}
			if tc.scope != "" {
				rec.instance.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: &tc.scope}
			}
			var there []client.Object
			if tc.owner != nil {
				there = append(there, tc.owner)
			}
			cluster := newTestCluster(t, there...)
			r.APIReader = interceptor.NewClient(cluster, interceptor.Funcs{Get: func(
				ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption,
			) error {
				if tc.fails != nil {
					return tc.fails
				}
				return c.Get(ctx, key, o, options...)
			}})
			mark := plan.Mark{Cluster: testCluster, Namespace: tc.namespace, Name: "bob", UID: "bob-uid", Origin: v1alpha1.OriginCreated}
			got, err := stepsOf(r).locate(withoutRights(rec)).claim(t.Context(), clerkUser("ann@example.com", withMark(mark)))
			found, _ := errors.AsType[*reconcile.Problem](err)
			switch {
			case got != tc.want:
				t.Errorf("claimed with bindKind %d, want %d (%v)", got, tc.want, err)
			case tc.err != nil && !errors.Is(err, tc.err), tc.err == nil && (err == nil) != (tc.reason == ""):
				t.Errorf("error %v, want %v, reason %q", err, tc.err, tc.reason)
			case tc.reason != "" && (found == nil || found.Reason != tc.reason):
				t.Errorf("error %v, want reason %s", err, tc.reason)
			case tc.reason != "" && tc.namespace == theirs && !errors.Is(err, errAlreadyExists):
				t.Errorf("error %v shows that the user is managed", err)
			}
		})
	}
}

// TestConflictNamesFields has an object declare the user of another one. Without the fields, the message for two people with one
// username reads like the one for a rename.
func TestConflictNamesFields(t *testing.T) {
	t.Parallel()
	username := func(s *v1alpha1.ClerkUserSpec) {
		s.EmailAddresses, s.Username = []v1alpha1.EmailAddress{{Address: "other@example.com"}}, ptr.To("ann")
	}
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUserSpec)
		waited time.Duration
		want   string
	}{
		"UsernameAtOnce": {username, 0, "with the same spec.username; this object waits for the deletion of that one, as in a rename; " +
			"if this object is for another person, change spec.username"},
		"UsernameLater": {username, time.Hour, "with the same spec.username; if this object is for another person, change spec.username; otherwise delete"},
		"AddressAndUsername": {
			func(s *v1alpha1.ClerkUserSpec) { s.Username = ptr.To("ann") }, 0, "with the same spec.emailAddresses, spec.username; this object waits",
		},
		"UserID": {func(s *v1alpha1.ClerkUserSpec) { s.UserID = ptr.To(testUserID) }, time.Hour, "with the same spec.userID; if this object"},
		"Nothing": {
			func(s *v1alpha1.ClerkUserSpec) {
				s.EmailAddresses = []v1alpha1.EmailAddress{{Address: "other@example.com"}}
			}, 0,
			"manages this user; this object waits for the deletion of that one, as in a rename",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann", func(u *v1alpha1.ClerkUser) { tc.change(&u.Spec) }))
			rec.firstSeen, r.Client, r.APIReader = rec.now.Add(-tc.waited), newTestCluster(t), newTestCluster(t, newTestUser("bob"))
			mark := plan.Mark{Cluster: testCluster, Namespace: testNamespace, Name: "bob", UID: "bob-uid", Origin: v1alpha1.OriginCreated}
			user := clerkUser("ann@example.com", withMark(mark))
			user.Username = "ann"
			_, err := stepsOf(r).locate(withoutRights(rec)).claim(t.Context(), user)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestOlder(t *testing.T) {
	t.Parallel()
	object := func(uid string, age time.Duration) *v1alpha1.ClerkUser {
		return newTestUser("ann", func(u *v1alpha1.ClerkUser) {
			u.UID, u.CreationTimestamp = types.UID(uid), metav1.NewTime(start.Add(-age))
		})
	}
	tests := map[string]struct {
		a, b *v1alpha1.ClerkUser
		want bool
	}{
		"CreatedEarlier":      {object("z", time.Hour), object("a", time.Minute), true},
		"CreatedLater":        {object("a", time.Minute), object("z", time.Hour), false},
		"SameSecondLowerUID":  {object("a", time.Hour), object("b", time.Hour), true},
		"SameSecondHigherUID": {object("b", time.Hour), object("a", time.Hour), false},
		"NotOlderThanItself":  {object("a", time.Hour), object("a", time.Hour), false},
		"AnotherZoneSameInstant": {object("b", 0), func() *v1alpha1.ClerkUser {
			o := object("a", 0)
			o.CreationTimestamp = metav1.NewTime(start.In(time.FixedZone("", 3600)))
			return o
		}(), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := older(tc.a, tc.b); got != tc.want {
				t.Errorf("older is %t, want %t", got, tc.want)
			}
			if tc.a.UID != tc.b.UID && older(tc.a, tc.b) == older(tc.b, tc.a) {
				t.Error("of two objects not exactly one is older")
			}
		})
	}
}

func TestForgedStatusTakesNoUserFromItsOwner(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(rec *reconciliation, other *v1alpha1.ClerkUser)
		want   bool
	}{
		"Signed":    {func(*reconciliation, *v1alpha1.ClerkUser) {}, true},
		"NotSigned": {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Binding = "" }, false},
		"SignedForSelf": {func(rec *reconciliation, o *v1alpha1.ClerkUser) {
			o.Status.Binding = rec.key.Sign(rec.subject(testUserID))
		}, false},
		"SignedForAnother":    {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.UserID = "user_other" }, false},
		"ElsewhereAtClerk":    {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance.ID = "ins_other" }, false},
		"NowhereAtClerk":      {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance = nil }, false},
		"ByAnotherReference":  {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance.Name = "alias" }, true},
		"SignedByAnotherKeys": {func(rec *reconciliation, _ *v1alpha1.ClerkUser) { rec.key = newTestReconciler(t, newClock()).Key }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			other := newTestUser("bob", func(u *v1alpha1.ClerkUser) {
				u.Status.UserID = testUserID
				u.Status.Instance = &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}
			})
			subject := rec.subject(testUserID)
			subject.UID = string(other.UID)
			other.Status.Binding = rec.key.Sign(subject)
			tc.change(rec, other)
			if got := stepsOf(r).locate(withoutRights(rec)).sharesInstance(other); got != tc.want {
				t.Errorf("manages the same user: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestYoungerOfTwoObjectsWritesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	status := f.user("ann").Status
	f.create(newTestUser("copy", func(u *v1alpha1.ClerkUser) {
		u.CreationTimestamp = metav1.NewTime(start.Add(time.Hour))
		u.Spec.Banned = ptr.To(true)
		u.Status = status
	}))
	f.clerk.ResetJournal()
	f.expectReason("copy", v1alpha1.ReasonConflict)
	f.expectCalls(0)
	f.delete("ann")
	f.expectGone("ann")
	if len(f.clerk.Users()) != 0 {
		t.Error("the older one could not be deleted")
	}
}
