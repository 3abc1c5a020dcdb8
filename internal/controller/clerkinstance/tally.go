// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// tally counts the ClerkUsers that lead to an instance.
type tally struct {
	managed int64
	held    int64
	// deleting are those that are being deleted; needing are those that need Clerk for their deletion, now or later.
	deleting, needing int
	// where are the namespaces of those that need Clerk, sorted.
	where []string
}

func (r *Reconciler) count(ctx context.Context, instance *v1alpha1.ClerkInstance) (tally, error) {
	candidates, err := r.references().Candidates(ctx, client.ObjectKeyFromObject(instance))
	if err != nil {
		return tally{}, err
	}
	return tallyAmong(ctx, r.references(), instance, candidates)
}

// countLive is count by what the API server has, which may be ahead of the cache.
func (r *Reconciler) countLive(ctx context.Context, instance *v1alpha1.ClerkInstance) (tally, error) {
	users := &v1alpha1.ClerkUserList{}
	for {
		page := &v1alpha1.ClerkUserList{}
		if err := r.Live.List(ctx, page, client.Limit(livePage), client.Continue(users.Continue)); err != nil {
			return tally{}, fmt.Errorf("listing ClerkUsers live: %w", err)
		}
		users.Items = append(users.Items, page.Items...)
		if users.Continue = page.Continue; users.Continue == "" {
			return tallyAmong(ctx, index.References{Reader: r.Live, Default: r.DefaultInstance}, instance, users.Items)
		}
	}
}

// livePage is how many ClerkUsers are read live at once.
const livePage = 500

// tallyAmong counts those of some ClerkUsers whose user is removed through an instance.
func tallyAmong(
	ctx context.Context, references index.References, instance *v1alpha1.ClerkInstance, users []v1alpha1.ClerkUser,
) (tally, error) {
	here, err := references.Removable(ctx, client.ObjectKeyFromObject(instance), users)
	if err != nil {
		return tally{}, fmt.Errorf("counting ClerkUsers: %w", err)
	}
	return tallyOf(here), nil
}

func tallyOf(users []v1alpha1.ClerkUser) tally {
	t := tally{}
	namespaces := map[string]bool{}
	for i := range users {
		user := &users[i]
		if user.Status.UserID != "" {
			t.managed++
		}
		if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
			ready.Reason == v1alpha1.ReasonDeletionHeld {
			t.held++
		}
		if !needsClerk(user) {
			continue
		}
		t.needing++
		namespaces[user.Namespace] = true
		if !user.DeletionTimestamp.IsZero() {
			t.deleting++
		}
	}
	t.where = slices.Sorted(maps.Keys(namespaces))
	return t
}

// needsClerk reports whether the deletion of an object, now or later, changes something at Clerk.
func needsClerk(user *v1alpha1.ClerkUser) bool {
	if !controllerutil.ContainsFinalizer(user, v1alpha1.Finalizer) || user.Spec.Suspended() || user.Spec.Observes() {
		return false
	}
	unknown := user.Undecoded
	if user.Status.UserID == "" && !unknown.Concern("status.userID") && creation.Of(user) == nil {
		return false
	}
	if unknown.Concern("spec.deletionPolicy") || unknown.Concern("status.origin") {
		return true
	}
	return user.Spec.OnDelete(user.Status.Origin) != v1alpha1.DeletionRetain
}

func (t tally) String() string {
	return fmt.Sprintf("%d ClerkUsers still need it for their deletion, in namespaces: %s", t.needing, strings.Join(t.where, ", "))
}
