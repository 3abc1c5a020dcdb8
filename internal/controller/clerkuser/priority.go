// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Priorities of passes. Among many that are due at once, what somebody did to an object that exists comes first. Then come
// new objects, and after them those that had to wait for their turn in the API budget, of which there may be thousands: a
// single new one is not to wait for the writes of all these. Last comes what nobody waits for.
const (
	editPriority   = 10
	newPriority    = 5
	waitedPriority = 0
	lowPriority    = -100
)

// hearUsers enqueues ClerkUsers for what happened to them. There is no predicate on generations: a status patch of a pass
// that worked from an old copy is repaired by the event that it causes.
func (r *Reconciler) hearUsers() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) {
			add(q, client.ObjectKeyFromObject(e.Object), priorityOfFirst(e))
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) {
			add(q, client.ObjectKeyFromObject(e.ObjectNew), priorityOfChange(e.ObjectOld, e.ObjectNew))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) {
			r.memory.forget(e.Object.GetUID())
			r.Pool.Identifiers().Forget(string(e.Object.GetUID()))
			r.rates.Forget(e.Object.GetUID())
			r.Pool.Unbind(string(e.Object.GetUID()))
			r.wakeHeirs(ctx, e.Object, q)
		},
	}
}

// priorityOfFirst is for an object seen for the first time.
func priorityOfFirst(e event.CreateEvent) int {
	user, ok := e.Object.(*v1alpha1.ClerkUser)
	if !ok || !e.IsInInitialList {
		return newPriority
	}
	return priorityOf(user)
}

// priorityOf is for an object to which nothing has happened just now: most have had their verdict before.
func priorityOf(user *v1alpha1.ClerkUser) int {
	switch {
	case !user.DeletionTimestamp.IsZero(), user.Status.UserID != "" && user.Status.ObservedGeneration != user.Generation:
		return editPriority
	case user.Status.ObservedGeneration != user.Generation:
		return newPriority
	default:
		return lowPriority
	}
}

// priorityOfChange tells what somebody did from what the operator itself wrote.
func priorityOfChange(was, is client.Object) int {
	if was.GetGeneration() == is.GetGeneration() &&
		was.GetDeletionTimestamp().IsZero() == is.GetDeletionTimestamp().IsZero() &&
		was.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt] == is.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt] {
		return lowPriority
	}
	return editPriority
}

// priorityOfSource is for a Secret or ConfigMap that objects name.
func priorityOfSource(was, is client.Object) int {
	if was.GetResourceVersion() == is.GetResourceVersion() {
		return lowPriority
	}
	return editPriority
}

// add enqueues an object.
func add(q queue, name types.NamespacedName, priority int) {
	request := reconcile.Request{NamespacedName: name}
	if p, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		p.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, request)
		return
	}
	q.Add(request)
}
