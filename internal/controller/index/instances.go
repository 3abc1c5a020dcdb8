// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// PendingDeletion finds ClerkInstances by the ClerkUsers of their pending deletions, as namespace/name.
const PendingDeletion = "clerk-operator.io/pending-deletion"

// RegisterInstances adds the indexes of ClerkInstances to a cache.
func RegisterInstances(ctx context.Context, indexer client.FieldIndexer) error {
	return register(ctx, indexer, &v1alpha1.ClerkInstance{}, map[string]func(*v1alpha1.ClerkInstance) []string{
		PendingDeletion: pendingDeletionsOf,
	})
}

func pendingDeletionsOf(instance *v1alpha1.ClerkInstance) []string {
	var names []string
	for _, pending := range instance.Status.PendingDeletions {
		names = append(names, types.NamespacedName{Namespace: pending.Namespace, Name: pending.Name}.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
