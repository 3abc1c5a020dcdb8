// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// builder gives the operator's indexes to a fake client.
type builder struct{ *fake.ClientBuilder }

func (b builder) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	b.WithIndex(o, field, values)
	return nil
}

func cluster(t rapid.TB, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	b := builder{fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)}
	if err := Register(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	return b.Build()
}

// Draws of the property below: few names, so that they coincide.
func drawName(t *rapid.T, label string) types.NamespacedName {
	return types.NamespacedName{
		Namespace: rapid.SampledFrom([]string{"team-a", "team-b", "platform"}).Draw(t, label+" namespace"),
		Name:      rapid.SampledFrom([]string{"default", "prod"}).Draw(t, label+" name"),
	}
}

func drawUser(t *rapid.T, name string) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{
		Namespace: rapid.SampledFrom([]string{"team-a", "team-b"}).Draw(t, "namespace"), Name: name,
	}}
	switch ref := drawName(t, "reference"); rapid.IntRange(0, 2).Draw(t, "kind of reference") {
	case 1:
		user.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: ref.Name}
	case 2:
		user.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: ref.Name, Namespace: &ref.Namespace}
	}
	tie := drawName(t, "tie")
	bound := &v1alpha1.BoundInstance{Namespace: tie.Namespace, Name: tie.Name, ID: "ins_1"}
	switch rapid.IntRange(0, 4).Draw(t, "kind of tie") {
	case 1:
		user.Status.UserID, user.Status.Instance = "user_1", bound
	case 2:
		user.Annotations = attempted(fmt.Sprintf(`,"instance":{"namespace":%q,"name":%q,"id":"ins_1"}`, tie.Namespace, tie.Name))
	case 3:
		user.Annotations = attempted("")
	case 4:
		user.Status.Instance = bound
	}
	return user
}

// attempted is the annotation before a creating call, with more in it.
func attempted(more string) map[string]string {
	return map[string]string{
		v1alpha1.AnnotationCreating: `{"kind":"external_id","value":"7","at":"2026-03-04T05:06:07Z","applied":{}` + more + `}`,
	}
}

// TestBothDirectionsAgree compares the instance of an object with the objects of an instance, over random clusters.
func TestBothDirectionsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		instances := map[types.NamespacedName]bool{}
		var objects []client.Object
		for range rapid.IntRange(0, 5).Draw(t, "instances") {
			name := drawName(t, "instance")
			if !instances[name] {
				instances[name] = true
				objects = append(objects, &v1alpha1.ClerkInstance{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}})
			}
		}
		var users []*v1alpha1.ClerkUser
		for i := range rapid.IntRange(1, 6).Draw(t, "users") {
			users = append(users, drawUser(t, fmt.Sprintf("user-%d", i)))
			objects = append(objects, users[i])
		}
		r := References{Reader: cluster(t, objects...)}
		if rapid.Bool().Draw(t, "has a default") {
			r.Default = drawName(t, "default")
		}
		forward := map[types.NamespacedName][]string{}
		for _, user := range users {
			removal, err := r.Find(context.Background(), r.RemovalNames(user))
			refers, err2 := r.Find(context.Background(), r.Names(user))
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if removal != nil {
				forward[client.ObjectKeyFromObject(removal)] = append(forward[client.ObjectKeyFromObject(removal)], user.Name)
			}
			if refers == nil {
				continue
			}
			woken, err := r.Candidates(context.Background(), client.ObjectKeyFromObject(refers))
			if err != nil || !slices.Contains(names(woken), user.Name) {
				t.Fatalf("%s refers to %s, which wakes %v (%v)", user.Name, client.ObjectKeyFromObject(refers), names(woken), err)
			}
		}
		for name := range instances {
			candidates, err := r.Candidates(context.Background(), name)
			if err != nil {
				t.Fatal(err)
			}
			back, err := r.Removable(context.Background(), name, candidates)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(forward[name], names(back)); diff != "" {
				t.Fatalf("instance %s: users that lead there (-) and users found there (+):\n%s", name, diff)
			}
		}
	})
}

func names(users []*v1alpha1.ClerkUser) []string {
	var all []string
	for _, user := range users {
		all = append(all, user.Name)
	}
	slices.Sort(all)
	return all
}

func TestNamesAnObjectLeadsTo(t *testing.T) {
	t.Parallel()
	named := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	own, operators := named("team-a", "default"), named("platform", "prod")
	refer := func(name string, namespace *string) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: name, Namespace: namespace}
		}
	}
	implied := func(*v1alpha1.ClerkUser) {}
	boundTo := func(at types.NamespacedName) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Status.UserID = "user_1"
			u.Status.Instance = &v1alpha1.BoundInstance{Namespace: at.Namespace, Name: at.Name, ID: "ins_1"}
		}
	}
	type list = []types.NamespacedName
	tests := map[string]struct {
		change        func(*v1alpha1.ClerkUser)
		fallback      types.NamespacedName
		want, removal list
	}{
		"Implied":                      {implied, types.NamespacedName{}, list{own}, list{own}},
		"ImpliedWithAFallback":         {implied, operators, list{own, operators}, list{own, operators}},
		"FallbackIsItsOwn":             {implied, own, list{own}, list{own}},
		"NamedHere":                    {refer("prod", nil), operators, list{named("team-a", "prod")}, list{named("team-a", "prod")}},
		"NamedElsewhere":               {refer("prod", ptr.To("platform")), own, list{operators}, list{operators}},
		"NamedLikeTheDefaultElsewhere": {refer("default", ptr.To("platform")), types.NamespacedName{}, list{named("platform", "default")}, list{named("platform", "default")}},
		"BoundThroughTheFallback":      {boundTo(operators), operators, list{own, operators}, list{operators, own}},
		"BoundThroughAnother":          {boundTo(named("old", "prod")), types.NamespacedName{}, list{own}, list{named("old", "prod"), own}},
		"CreatedThroughAnother": {func(u *v1alpha1.ClerkUser) {
			u.Annotations = attempted(`,"instance":{"namespace":"old","name":"prod","id":"ins_1"}`)
		}, types.NamespacedName{}, list{own}, list{named("old", "prod"), own}},
		"NotBoundAnyMore": {func(u *v1alpha1.ClerkUser) { boundTo(operators)(u); u.Status.UserID = "" }, types.NamespacedName{}, list{own}, list{own}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ann"}}
			tc.change(user)
			r := References{Default: tc.fallback}
			if diff := cmp.Diff(tc.want, r.Names(user)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.removal, r.RemovalNames(user)); diff != "" {
				t.Errorf("names for removal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClusterThatCannotBeAskedIsAnError(t *testing.T) {
	t.Parallel()
	refusal := errors.New("no")
	r := References{Reader: interceptor.NewClient(cluster(t), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return refusal
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return refusal
		},
	})}
	user := v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ann"}}
	at := types.NamespacedName{Namespace: "team-a", Name: "default"}
	bound := user
	bound.Status.UserID, bound.Status.Instance = "user_1", &v1alpha1.BoundInstance{Namespace: "platform", Name: "prod", ID: "ins_1"}
	_, found := r.Find(t.Context(), r.Names(&user))
	_, listed := r.Candidates(t.Context(), at)
	_, sorted := r.Removable(t.Context(), at, []*v1alpha1.ClerkUser{&bound})
	for what, err := range map[string]error{"Find": found, "Candidates": listed, "Removable": sorted} {
		if !errors.Is(err, refusal) {
			t.Errorf("%s = %v, want %v in it", what, err, refusal)
		}
	}
}

// listed lists the same ClerkUsers always, as a cache does that does not copy them.
type listed struct {
	client.Reader
	users []v1alpha1.ClerkUser
}

func (l listed) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.ClerkUserList).Items = l.users
	return nil
}

// TestUsersOfAnInstanceAreNotCopied guards the memory of an operator with many users, which are listed whenever one of them is
// created.
func TestUsersOfAnInstanceAreNotCopied(t *testing.T) {
	t.Parallel()
	at := types.NamespacedName{Namespace: "team-a", Name: "default"}
	users := []v1alpha1.ClerkUser{*boundUser("ann", at), *boundUser("bob", at)}
	r := References{Reader: listed{users: users}}
	candidates, err := r.Candidates(t.Context(), at)
	removable, err2 := r.Removable(t.Context(), at, candidates)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	want := []*v1alpha1.ClerkUser{&users[0], &users[1]}
	if !slices.Equal(candidates, want) || !slices.Equal(removable, want) {
		t.Errorf("candidates %p and removable users %p, want those of the list: %p", candidates, removable, want)
	}
}

// boundUser returns a ClerkUser that is bound through an instance.
func boundUser(name string, at types.NamespacedName) *v1alpha1.ClerkUser {
	return &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: at.Namespace, Name: name},
		Status: v1alpha1.ClerkUserStatus{
			UserID: "user_" + name, Instance: &v1alpha1.BoundInstance{Namespace: at.Namespace, Name: at.Name, ID: "ins_1"},
		},
	}
}
