// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// bound returns a ClerkUser with a user that the operator created.
func bound(namespace, name string, change ...func(*v1alpha1.ClerkUser)) v1alpha1.ClerkUser {
	user := v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Finalizers: []string{v1alpha1.Finalizer}},
		Status: v1alpha1.ClerkUserStatus{
			UserID: "user_" + name, Origin: v1alpha1.OriginCreated,
			Instance: &v1alpha1.BoundInstance{Namespace: prod.Namespace, Name: prod.Name, ID: testID},
		},
	}
	for _, f := range change {
		f(&user)
	}
	return user
}

func beingDeleted(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }

func heldBack(u *v1alpha1.ClerkUser) {
	u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonDeletionHeld}}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	one := func(change ...func(*v1alpha1.ClerkUser)) []v1alpha1.ClerkUser {
		return []v1alpha1.ClerkUser{bound("team-a", "ann", change...)}
	}
	policy := func(p v1alpha1.DeletionPolicy) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) { u.Spec.DeletionPolicy = &p }
	}
	unbound := func(u *v1alpha1.ClerkUser) { u.Status = v1alpha1.ClerkUserStatus{} }
	adopted := func(u *v1alpha1.ClerkUser) { u.Status.Origin = v1alpha1.OriginAdopted }
	a := []string{"team-a"}
	const attempt = `{"kind":"external_id","value":"7","at":"2026-03-04T05:06:07Z"}`
	creates := func(text string) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			unbound(u)
			u.Annotations = map[string]string{v1alpha1.AnnotationCreating: text}
		}
	}
	tests := map[string]struct {
		users []v1alpha1.ClerkUser
		want  counts
	}{
		"Nobody":                   {nil, counts{}},
		"Created":                  {one(), counts{managed: 1, needing: 1, where: a}},
		"Adopted":                  {one(adopted), counts{managed: 1}},
		"AdoptedToBeDeleted":       {one(adopted, policy(v1alpha1.DeletionDelete)), counts{managed: 1, needing: 1, where: a}},
		"ToBeBanned":               {one(policy(v1alpha1.DeletionBan)), counts{managed: 1, needing: 1, where: a}},
		"ToBeRetained":             {one(policy(v1alpha1.DeletionRetain)), counts{managed: 1}},
		"BeingDeleted":             {one(beingDeleted), counts{managed: 1, needing: 1, deleting: 1, where: a}},
		"BeingDeletedAndRetained":  {one(beingDeleted, policy(v1alpha1.DeletionRetain)), counts{managed: 1}},
		"Held":                     {one(beingDeleted, heldBack), counts{managed: 1, held: 1, needing: 1, deleting: 1, where: a}},
		"HeldWithoutDeletion":      {one(heldBack), counts{managed: 1, held: 1, waiting: []string{"user_ann"}, needing: 1, where: a}},
		"OtherReasonIsNotHeld":     {one(func(u *v1alpha1.ClerkUser) { heldBack(u); u.Status.Conditions[0].Reason = v1alpha1.ReasonMissing }), counts{managed: 1, needing: 1, where: a}},
		"Suspended":                {one(func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }), counts{managed: 1}},
		"WithoutOurFinalizer":      {one(func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{"other"} }), counts{managed: 1}},
		"NeverBound":               {one(unbound), counts{}},
		"MayHaveCreated":           {one(creates(attempt)), counts{needing: 1, where: a}},
		"AnnotationOfSomebodyElse": {one(creates("{}")), counts{}},
		"Observes":                 {one(func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }), counts{managed: 1}},
		"NamespacesSortedAndOnce": {
			[]v1alpha1.ClerkUser{bound("team-b", "a"), bound("team-a", "b"), bound("team-b", "c", beingDeleted), bound("team-c", "d", adopted)},
			counts{managed: 4, needing: 3, deleting: 1, where: []string{"team-a", "team-b"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.users = int64(len(tc.users))
			if diff := cmp.Diff(tc.want, countsOf(pointers(tc.users)...), cmp.AllowUnexported(counts{})); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			for i := range tc.users {
				parts := countsOf(pointers(tc.users[:i])...).plus(countsOf(pointers(tc.users[i:])...))
				if diff := cmp.Diff(tc.want, parts, cmp.AllowUnexported(counts{})); diff != "" {
					t.Errorf("counts of the first %d and of the others (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func pointers(users []v1alpha1.ClerkUser) []*v1alpha1.ClerkUser {
	var all []*v1alpha1.ClerkUser
	for i := range users {
		all = append(all, &users[i])
	}
	return all
}

// pages lists ClerkUsers in pages, as the API server does.
type pages struct {
	client.Reader
	users [][]v1alpha1.ClerkUser
}

func (p pages) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(options)
	number, _ := strconv.Atoi(asked.Continue)
	page := list.(*v1alpha1.ClerkUserList)
	page.Items = p.users[number]
	if number+1 < len(p.users) {
		page.Continue = strconv.Itoa(number + 1)
	}
	return nil
}

func TestAllPagesAreCounted(t *testing.T) {
	t.Parallel()
	reader := pages{users: [][]v1alpha1.ClerkUser{
		{bound("team-b", "ann"), bound("team-a", "bob", beingDeleted)}, {}, {bound("team-b", "cleo"), bound("team-c", "dan")},
	}}
	got, err := countUsers{apiReader: reader}.live(t.Context(), newTestInstance())
	want := counts{users: 4, managed: 4, needing: 4, deleting: 1, where: []string{"team-a", "team-b", "team-c"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(counts{})); diff != "" || err != nil {
		t.Errorf("counts (-want +got):\n%s%v", diff, err)
	}
}

// refusing answers every list with an error.
type refusing struct {
	client.Reader
	err error
}

func (r refusing) List(context.Context, client.ObjectList, ...client.ListOption) error { return r.err }

func TestWithoutTheirKindThereAreNoUsers(t *testing.T) {
	t.Parallel()
	users := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "clerkusers"}
	for name, tc := range map[string]struct {
		err   error
		fails bool
	}{
		"NotServed": {apierrors.NewGenericServerResponse(404, "get", users, "", "", 0, true), false},
		"Forbidden": {apierrors.NewForbidden(users, "", nil), true},
		"Down":      {apierrors.NewServiceUnavailable("starting"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := countUsers{apiReader: refusing{err: tc.err}}.live(t.Context(), newTestInstance())
			if diff := cmp.Diff(counts{}, got, cmp.AllowUnexported(counts{})); diff != "" || (err != nil) != tc.fails {
				t.Errorf("counts (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestCountsAreOfTheInstance(t *testing.T) {
	t.Parallel()
	mine, others := bound("team-a", "ann"), bound("team-a", "bob")
	others.Status.Instance.Name = "test"
	r := newTestReconciler(t, &clock{at: start}, &mine, &others)
	got, err := r.countUsers().cached(t.Context(), newTestInstance())
	if err != nil || got.managed != 1 {
		t.Errorf("counted %+v, %v; want one", got, err)
	}
}

func TestChangesThatChangeCounts(t *testing.T) {
	t.Parallel()
	unbound := bound("team-a", "ann", func(u *v1alpha1.ClerkUser) { u.Status.UserID = "" })
	tests := map[string]struct {
		was, is v1alpha1.ClerkUser
		want    bool
	}{
		"Nothing":     {bound("team-a", "ann"), bound("team-a", "ann"), false},
		"AnotherName": {bound("team-a", "ann"), bound("team-a", "ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") }), false},
		"Bound":       {unbound, bound("team-a", "ann"), true},
		"LetGo":       {bound("team-a", "ann"), unbound, true},
		"Deleted":     {bound("team-a", "ann"), bound("team-a", "ann", beingDeleted), true},
		"HeldBack":    {bound("team-a", "ann", beingDeleted), bound("team-a", "ann", beingDeleted, heldBack), true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := countsOtherwise(&tc.was, &tc.is); got != tc.want {
				t.Errorf("counts otherwise: %t, want %t", got, tc.want)
			}
		})
	}
}
