// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// counts are the numbers of ClerkUsers that lead to an instance.
type counts struct {
	// users are all, managed those that have a user, held those that wait for the deletion brake.
	users, managed, held int64
	// waiting are the ids of the users that are held although their ClerkUsers are not being deleted.
	waiting []string
	// deleting are those that are being deleted; needing are those that need Clerk for their deletion, now or later.
	deleting, needing int
	// where are the namespaces of those that need Clerk, sorted.
	where []string
}

// countUsers counts the ClerkUsers of an instance.
type countUsers struct {
	// reader reads from the cache, apiReader from the API server, which may be ahead of it.
	reader, apiReader client.Reader
	// defaultInstance is as in Config.
	defaultInstance types.NamespacedName
}

// cached counts by what the cache has.
func (s countUsers) cached(ctx context.Context, instance *v1alpha1.ClerkInstance) (counts, error) {
	references := index.References{Reader: s.reader, Default: s.defaultInstance}
	candidates, err := references.Candidates(ctx, client.ObjectKeyFromObject(instance))
	if err != nil {
		return counts{}, err
	}
	return countAmong(ctx, references, instance, candidates)
}

// live counts by what the API server has. A list that is not found means that the kind itself is gone: its
// CustomResourceDefinition was deleted, and with it all ClerkUsers.
func (s countUsers) live(ctx context.Context, instance *v1alpha1.ClerkInstance) (counts, error) {
	references := index.References{Reader: s.apiReader, Default: s.defaultInstance}
	sum, page := counts{}, &v1alpha1.ClerkUserList{}
	for {
		next := page.Continue
		page = &v1alpha1.ClerkUserList{}
		err := s.apiReader.List(ctx, page, client.Limit(livePage), client.Continue(next))
		if apierrors.IsNotFound(err) {
			return counts{}, nil
		}
		if err != nil {
			return counts{}, fmt.Errorf("listing ClerkUsers live: %w", err)
		}
		users := make([]*v1alpha1.ClerkUser, len(page.Items))
		for i := range page.Items {
			users[i] = &page.Items[i]
		}
		here, err := countAmong(ctx, references, instance, users)
		if err != nil {
			return counts{}, err
		}
		if sum = sum.plus(here); page.Continue == "" {
			return sum, nil
		}
	}
}

// livePage is how many ClerkUsers are read live at once.
const livePage = 500

// countAmong counts those of some ClerkUsers whose user is removed through an instance.
func countAmong(
	ctx context.Context, references index.References, instance *v1alpha1.ClerkInstance, users []*v1alpha1.ClerkUser,
) (counts, error) {
	here, err := references.Removable(ctx, client.ObjectKeyFromObject(instance), users)
	if err != nil {
		return counts{}, fmt.Errorf("counting ClerkUsers: %w", err)
	}
	return countsOf(here...), nil
}

// plus returns the counts of both of two sets of ClerkUsers.
func (c counts) plus(other counts) counts {
	namespaces := slices.Concat(c.where, other.where)
	slices.Sort(namespaces)
	return counts{
		users: c.users + other.users, managed: c.managed + other.managed, held: c.held + other.held,
		waiting:  slices.Concat(c.waiting, other.waiting),
		deleting: c.deleting + other.deleting, needing: c.needing + other.needing,
		where: slices.Compact(namespaces),
	}
}

func countsOf(users ...*v1alpha1.ClerkUser) counts {
	c := counts{users: int64(len(users))}
	namespaces := map[string]bool{}
	for _, user := range users {
		if user.Status.UserID != "" {
			c.managed++
		}
		if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
			ready.Reason == v1alpha1.ReasonDeletionHeld {
			c.held++
			if user.DeletionTimestamp.IsZero() {
				c.waiting = append(c.waiting, user.Status.UserID)
			}
		}
		if !needsClerk(user) {
			continue
		}
		c.needing++
		namespaces[user.Namespace] = true
		if !user.DeletionTimestamp.IsZero() {
			c.deleting++
		}
	}
	c.where = slices.Sorted(maps.Keys(namespaces))
	return c
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

func (c counts) String() string {
	return fmt.Sprintf("ClerkUsers still need this ClerkInstance for their deletion: %d, in namespaces: %s", c.needing, strings.Join(c.where, ", "))
}
