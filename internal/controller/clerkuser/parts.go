// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"sigs.k8s.io/controller-runtime/pkg/handler"
	crreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Parts are the parts of the controller, for a caller that runs them without a manager.
type Parts struct {
	// Reconciler reconciles the object that a request names.
	Reconciler crreconcile.Reconciler
	// Users and Instances enqueue objects for the events of ClerkUsers and ClerkInstances.
	Users, Instances handler.EventHandler
	// Receive enqueues the objects that other objects or the mirror have made due since the last call. It does not wait. With a
	// manager, the controller receives them by itself.
	Receive func(q reconcile.Queue)
}

// Parts returns the parts of the controller.
func (r *Reconciler) Parts() Parts {
	return Parts{
		Reconciler: reconcile.UntilEnd(r.withFormers(reconcile.AsReconciler(r.Client, r))),
		Users:      r.userEventHandler(),
		Instances:  r.instanceEventHandler(),
		Receive: func(q reconcile.Queue) {
			r.enqueueChanged(q, r.Pool.ChangedUsers().Take())
			enqueueEdited(q, r.successions.Take())
			r.enqueueFreed(q, r.Pool.Identifiers().Freed().Take())
		},
	}
}
