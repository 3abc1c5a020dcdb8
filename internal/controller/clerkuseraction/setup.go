// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkuseractions,verbs=get;list;watch;delete
// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkuseractions/status,verbs=update;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;create;patch

const controllerName = "clerkuseraction"

// SetupWithManager adds the controller to a manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	options.LogConstructor = r.FailureLog(controllerName).Logger(mgr.GetLogger())
	build := ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		For(&v1alpha1.ClerkUserAction{}).
		Watches(&v1alpha1.ClerkUserAction{}, r.deletionEventHandler()).
		Watches(&v1alpha1.ClerkUser{}, handler.EnqueueRequestsFromMapFunc(r.actionsOnUser)).
		WithOptions(options)
	if r.WatchSecrets {
		build = build.WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.actionsThatRead))
	}
	if err := build.Complete(reconcile.AsReconciler(mgr.GetClient(), r)); err != nil {
		return fmt.Errorf("adding the controller of ClerkUserActions: %w", err)
	}
	return nil
}

// deletionEventHandler drops what is remembered of objects that are gone.
func (r *Reconciler) deletionEventHandler() handler.EventHandler {
	return reconcile.DeletionEventHandler(func(action client.Object) {
		r.objects.Forget(action.GetUID())
		r.FailureLog(controllerName).Forget(action)
	})
}

// actionsOnUser are the actions that wait for a ClerkUser.
func (r *Reconciler) actionsOnUser(ctx context.Context, user client.Object) []ctrl.Request {
	return r.unfinished(ctx, user, client.MatchingFields{index.ActionUser: user.GetName()})
}

// actionsThatRead are the actions that wait for a Secret.
func (r *Reconciler) actionsThatRead(ctx context.Context, secret client.Object) []ctrl.Request {
	named := index.SourceOf("Secret", secret.GetNamespace(), secret.GetName())
	return r.unfinished(ctx, secret, client.MatchingFields{index.ActionSource: named})
}

func (r *Reconciler) unfinished(ctx context.Context, changed client.Object, selected client.MatchingFields) []ctrl.Request {
	actions := &v1alpha1.ClerkUserActionList{}
	err := r.Client.List(ctx, actions, client.InNamespace(changed.GetNamespace()), selected, client.UnsafeDisableDeepCopy)
	if err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUserActions that wait", "for", client.ObjectKeyFromObject(changed))
		return nil
	}
	var requests []ctrl.Request
	for i := range actions.Items {
		requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&actions.Items[i])})
	}
	return requests
}
