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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// indexer remembers the indexes that are registered with it.
type indexer[T client.Object] struct {
	fields map[string]client.IndexerFunc
	err    error
}

func (i *indexer[T]) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	if _, ok := object.(T); !ok {
		return errors.New("of another kind")
	}
	i.fields[field] = values
	return i.err
}

func TestIndexes(t *testing.T) {
	t.Parallel()
	i := &indexer[*v1alpha1.ClerkUser]{fields: map[string]client.IndexerFunc{}}
	if err := Register(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	reference := func(namespace *string) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "prod", Namespace: namespace}
		}
	}
	bound := func(u *v1alpha1.ClerkUser) {
		reference(nil)(u)
		u.Status.UserID = "user_1"
		u.Status.Instance = &v1alpha1.BoundInstance{Namespace: "platform", Name: "live", ID: "ins_1"}
	}
	secret := func(name string) v1alpha1.SecretKeySelector { return v1alpha1.SecretKeySelector{Name: name, Key: "k"} }
	sourced := func(u *v1alpha1.ClerkUser) {
		u.Spec.Password = &v1alpha1.Password{SecretKeyRef: secret("password")}
		u.Spec.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: "portraits", Key: "k"}}
		u.Spec.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{
			{Path: "/a", SecretKeyRef: secret("tokens")}, {Path: "/b", SecretKeyRef: secret("tokens")},
		}
		u.Spec.Initial = &v1alpha1.InitialValues{
			PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: secret("digest"), Hasher: "bcrypt"},
			TOTPSecretRef:  ptr.To(secret("totp")), BackupCodesSecretRef: ptr.To(secret("codes")),
		}
	}
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUser)
		want   map[string][]string
	}{
		"NamesNoInstance":            {func(*v1alpha1.ClerkUser) {}, map[string][]string{Instance: {ImpliedInstance}, Unbound: {"true"}}},
		"NamesOneOfItsNamespace":     {reference(nil), map[string][]string{Instance: {"team-a/prod"}, Unbound: {"true"}}},
		"NamesOneOfAnother":          {reference(ptr.To("platform")), map[string][]string{Instance: {"platform/prod"}, Unbound: {"true"}}},
		"BoundAndReferringElsewhere": {bound, map[string][]string{Instance: {"platform/live", "team-a/prod"}, userIDBucket: {bucketOf("user_1")}}},
		"NamesSources": {sourced, map[string][]string{
			Instance: {ImpliedInstance}, Unbound: {"true"},
			Source: {
				"ConfigMap/team-a/portraits", "Secret/team-a/codes", "Secret/team-a/digest", "Secret/team-a/password", "Secret/team-a/tokens",
				"Secret/team-a/totp",
			},
		}},
		"ABoundUserNeedsItsInitialValuesNoMore": {func(u *v1alpha1.ClerkUser) { sourced(u); bound(u) }, map[string][]string{
			Instance: {"platform/live", "team-a/prod"}, userIDBucket: {bucketOf("user_1")},
			Source: {"ConfigMap/team-a/portraits", "Secret/team-a/password", "Secret/team-a/tokens"},
		}},
		"AnEmptyNamespaceIsAReference": {reference(ptr.To("")), map[string][]string{Instance: {"/prod"}, Unbound: {"true"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ann"}}
			tc.change(user)
			got := map[string][]string{}
			for field, values := range i.fields {
				if found := values(user); len(found) > 0 {
					got[field] = found
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
	for field, values := range i.fields {
		if got := values(&corev1.Secret{}); got != nil {
			t.Errorf("%s of what is no ClerkUser is %v", field, got)
		}
	}
}

func TestIndexThatIsRefused(t *testing.T) {
	t.Parallel()
	refusal := errors.New("indexed already")
	err := Register(t.Context(), &indexer[*v1alpha1.ClerkUser]{fields: map[string]client.IndexerFunc{}, err: refusal})
	if !errors.Is(err, refusal) {
		t.Errorf("Register() = %v, want %v in it", err, refusal)
	}
}

// Two users may share a bucket, and one user may be bound to two objects.
func TestBoundToFindsTheObjectsOfOneUser(t *testing.T) {
	t.Parallel()
	var objects []client.Object
	for i := range 3 * userIDBuckets {
		user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: fmt.Sprint("user-", i)}}
		user.Status.UserID = fmt.Sprint("user_", i)
		objects = append(objects, user)
	}
	twin := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-b", Name: "twin"}}
	twin.Status.UserID = "user_7"
	reader := cluster(t, append(objects, twin, &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "unbound"}})...)
	for id, want := range map[string][]string{
		"user_7": {"team-a/user-7", "team-b/twin"}, "user_1000": {"team-a/user-1000"}, "user_none": nil,
	} {
		found, err := BoundTo(t.Context(), reader, id)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for i := range found {
			names = append(names, client.ObjectKeyFromObject(&found[i]).String())
		}
		slices.Sort(names)
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("bound to %s (-want +got):\n%s", id, diff)
		}
	}
}
