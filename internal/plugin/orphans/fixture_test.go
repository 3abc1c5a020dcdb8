// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// atClerkFake has users as the pages show them, and as they are when they are read again.
type atClerkFake struct {
	pages [][]*clerk.User
	// later replaces users when they are read again; nil is one that is gone.
	later map[string]*clerk.User
	// afterPages is called when all pages were read. Nil does nothing.
	afterPages func()
	asked      int
}

func (f *atClerkFake) Each(_ context.Context, visit func([]*clerk.User)) error {
	for _, page := range f.pages {
		visit(page)
	}
	if f.afterPages != nil {
		f.afterPages()
	}
	return nil
}

func (f *atClerkFake) ByID(_ context.Context, ids ...string) ([]*clerk.User, error) {
	if len(ids) > clerk.MaxListIDs {
		return nil, errors.New("too many ids")
	}
	f.asked++
	var found []*clerk.User
	for _, id := range ids {
		for _, page := range f.pages {
			for _, u := range page {
				if replaced, changed := f.later[id]; u.ID == id && !changed {
					found = append(found, u)
				} else if u.ID == id && replaced != nil {
					found = append(found, replaced)
				}
			}
		}
	}
	return found, nil
}

// markOf is the mark of ClerkUser team/name with the uid uid-name.
func markOf(name string) plan.Mark {
	return plan.Mark{Cluster: "here", Namespace: "team", Name: name, UID: "uid-" + name, Origin: v1alpha1.OriginCreated}
}

// userWith returns a user with a mark.
func userWith(id, mark string) *clerk.User {
	return &clerk.User{
		ID: id, CreatedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), PrivateMetadata: clerk.Metadata{v1alpha1.OwnerKey: mark},
	}
}

// clerkUser returns ClerkUser team/name with a uid, bound to a user; "" for none.
func clerkUser(name, uid, userID string) *v1alpha1.ClerkUser {
	return &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID(uid)},
		Status:     v1alpha1.ClerkUserStatus{UserID: userID},
	}
}

func instanceWith(pending ...v1alpha1.PendingDeletion) *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: "clerk", Name: "prod"},
		Status:     v1alpha1.ClerkInstanceStatus{InstanceID: "ins_1", PendingDeletions: pending},
	}
}

// clusterWith returns a cluster with objects, where the caller may read ClerkUsers of some namespaces only; none is all.
func clusterWith(t *testing.T, namespaces []string, objects ...client.Object) client.Client {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	return interceptor.NewClient(c, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			o := &client.ListOptions{}
			o.ApplyOptions(options)
			if namespaces != nil && !slices.Contains(namespaces, o.Namespace) {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "clerkusers"}, "", errors.New("no"))
			}
			return c.List(ctx, list, options...)
		},
	})
}

// find runs a search with a ClerkInstance that exists in the cluster.
func find(t *testing.T, cluster client.Reader, at users) (Report, *objects) {
	t.Helper()
	s := search{cluster: cluster, users: at, instance: instanceWith(), clusterID: "here", progress: func(int) {}}
	report, have, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report, have
}
