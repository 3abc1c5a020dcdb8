// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkinstances,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkinstances/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

const controllerName = "clerkinstance"

// SetupWithManager adds the controller to a manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	options.LogConstructor = r.FailureLog(controllerName).Logger(mgr.GetLogger())
	build := ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		For(&v1alpha1.ClerkInstance{}).
		Watches(&v1alpha1.ClerkInstance{}, r.deletionEventHandler()).
		Watches(&v1alpha1.ClerkUser{}, r.countsEventHandler()).
		WatchesRawSource(source.Func(r.enqueueFromPool)).
		WithOptions(options)
	if r.WatchSecrets {
		build = build.WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.instancesOf))
	}
	if err := build.Complete(reconcile.AsReconciler(mgr.GetClient(), r)); err != nil {
		return fmt.Errorf("adding the controller of ClerkInstances: %w", err)
	}
	return nil
}

// countsEventHandler has the counts of an instance renewed some time after one of its users was bound, held or let go. Many
// changes in that time cost one reconciliation.
func (r *Reconciler) countsEventHandler() handler.EventHandler {
	enqueue := func(ctx context.Context, q reconcile.Queue, o client.Object) {
		instance, err := r.references().Find(ctx, r.references().RemovalNames(o.(*v1alpha1.ClerkUser)))
		if err != nil || instance == nil {
			return
		}
		reconcile.EnqueueAfter(q, client.ObjectKeyFromObject(instance), reconcile.PriorityLow, r.CountInterval)
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q reconcile.Queue) {
			if countsOtherwise(&v1alpha1.ClerkUser{}, e.Object.(*v1alpha1.ClerkUser)) {
				enqueue(ctx, q, e.Object)
			}
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q reconcile.Queue) { enqueue(ctx, q, e.Object) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q reconcile.Queue) {
			if countsOtherwise(e.ObjectOld.(*v1alpha1.ClerkUser), e.ObjectNew.(*v1alpha1.ClerkUser)) {
				enqueue(ctx, q, e.ObjectOld)
				enqueue(ctx, q, e.ObjectNew)
			}
		},
	}
}

func countsOtherwise(was, is *v1alpha1.ClerkUser) bool {
	before, after := countsOf(was), countsOf(is)
	return before.managed != after.managed || before.held != after.held ||
		before.deleting != after.deleting || before.needing != after.needing
}

// deletionEventHandler ends the use of a key whose ClerkInstance is gone, also where somebody has taken its finalizer away.
func (r *Reconciler) deletionEventHandler() handler.EventHandler {
	return reconcile.DeletionEventHandler(func(instance client.Object) {
		r.objects.Forget(instance.GetUID())
		r.FailureLog(controllerName).Forget(instance)
		r.drop(client.ObjectKeyFromObject(instance))
	})
}

// enqueueFromPool has a key checked again when Clerk refused it or it is found to lead elsewhere, and an instance reconciled
// when its mirror has something to report.
func (r *Reconciler) enqueueFromPool(ctx context.Context, q reconcile.Queue) error {
	enqueue := func(names []types.NamespacedName) {
		for _, name := range names {
			q.Add(ctrl.Request{NamespacedName: name})
		}
	}
	go r.Pool.KeyChecks().Receive(ctx, func(names []types.NamespacedName) {
		for _, name := range names {
			r.checked.requireCheck(name)
		}
		enqueue(names)
	})
	go r.Pool.Reported().Receive(ctx, enqueue)
	return nil
}

// instancesOf returns the requests for the ClerkInstances whose key is in a Secret.
func (r *Reconciler) instancesOf(ctx context.Context, secret client.Object) []ctrl.Request {
	instances := &v1alpha1.ClerkInstanceList{}
	if err := r.Client.List(ctx, instances, client.InNamespace(secret.GetNamespace())); err != nil {
		return nil
	}
	var requests []ctrl.Request
	for i := range instances.Items {
		if instances.Items[i].Spec.SecretKeyRef.Name == secret.GetName() {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&instances.Items[i])})
		}
	}
	return requests
}
