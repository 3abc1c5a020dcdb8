// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get

// hearSources enqueues the ClerkUsers that name a Secret or ConfigMap, of which nothing but the name is known. A pass finds
// out whether what is in it has changed.
func (r *Reconciler) hearSources(kind string) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
		users := &v1alpha1.ClerkUserList{}
		named := client.MatchingFields{index.Source: index.SourceOf(kind, object.GetNamespace(), object.GetName())}
		if err := r.Client.List(ctx, users, named, client.UnsafeDisableDeepCopy); err != nil {
			log.FromContext(ctx).Error(err, "listing the ClerkUsers that name a source", "kind", kind)
			return nil
		}
		var requests []reconcile.Request
		for i := range users.Items {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&users.Items[i])})
		}
		return requests
	})
}
