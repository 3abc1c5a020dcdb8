// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get

// hearSources enqueues the ClerkUsers that name a Secret or ConfigMap, of which nothing but the name is known. A pass finds
// out whether what is in it has changed. Somebody who changes one waits for what comes of it as after an edit of the spec.
func (r *Reconciler) hearSources(kind string) handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
			priority := editPriority
			if e.IsInInitialList {
				priority = lowPriority
			}
			r.wakeNaming(ctx, q, kind, e.Object, priority)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			r.wakeNaming(ctx, q, kind, e.ObjectNew, priorityOfSource(e.ObjectOld, e.ObjectNew))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) {
			r.wakeNaming(ctx, q, kind, e.Object, editPriority)
		},
	}
}

// wakeNaming enqueues the ClerkUsers that name a Secret or ConfigMap.
func (r *Reconciler) wakeNaming(ctx context.Context, q queue, kind string, source client.Object, priority int) {
	users := &v1alpha1.ClerkUserList{}
	named := client.MatchingFields{index.Source: index.SourceOf(kind, source.GetNamespace(), source.GetName())}
	if err := r.Client.List(ctx, users, named, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUsers that name a source", "kind", kind)
		return
	}
	for i := range users.Items {
		add(q, client.ObjectKeyFromObject(&users.Items[i]), priority)
	}
}
