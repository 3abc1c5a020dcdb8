// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkusers,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=clerk-operator.io,resources=clerkusers/status,verbs=patch

//nolint:gochecknoglobals // a constant that Go has no literal for
var namespaceKind = schema.GroupVersionKind{Version: corev1.SchemeGroupVersion.Version, Kind: "Namespace"}

type queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// SetupWithManager adds the controller to a manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	build := ctrl.NewControllerManagedBy(mgr).
		Named("clerkuser").
		Watches(&v1alpha1.ClerkUser{}, r.hearUsers()).
		Watches(&v1alpha1.ClerkInstance{}, r.hearInstances()).
		WatchesRawSource(source.Func(r.hearPool)).
		WithOptions(options)
	if r.WatchSecrets {
		build = build.
			WatchesMetadata(&corev1.Secret{}, r.hearSources("Secret")).
			WatchesMetadata(&corev1.ConfigMap{}, r.hearSources("ConfigMap"))
	}
	if err := build.Complete(reconcile.AsReconciler(mgr.GetClient(), r)); err != nil {
		return fmt.Errorf("adding the controller of ClerkUsers: %w", err)
	}
	return nil
}

// wakeHeirs wakes what a ClerkUser that is gone may have stood in the way of: those of its namespace without a user, those
// of any that are to adopt the same user, and those that are bound to it.
func (r *Reconciler) wakeHeirs(ctx context.Context, gone client.Object, q queue) {
	selections := [][]client.ListOption{{client.InNamespace(gone.GetNamespace()), client.MatchingFields{index.Unbound: "true"}}}
	if user, ok := gone.(*v1alpha1.ClerkUser); ok && user.Status.UserID != "" {
		selections = append(selections,
			[]client.ListOption{client.MatchingFields{index.Named: user.Status.UserID}},
			[]client.ListOption{client.MatchingFields{index.UserID: user.Status.UserID}})
	}
	for _, selection := range selections {
		waiting := &v1alpha1.ClerkUserList{}
		if err := r.Client.List(ctx, waiting, append(selection, client.UnsafeDisableDeepCopy)...); err != nil {
			log.FromContext(ctx).Error(err, "listing ClerkUsers that wait for a user")
			return
		}
		for i := range waiting.Items {
			r.memory.release(waiting.Items[i].UID)
			q.Add(ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&waiting.Items[i])})
		}
	}
}

// hearInstances wakes the users of a ClerkInstance that appeared, vanished, or whose spec or annotations changed. Its
// status is of no concern here: what matters of it comes through the pool.
func (r *Reconciler) hearInstances() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) {
			r.wake(ctx, q, client.ObjectKeyFromObject(e.Object))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) {
			r.wake(ctx, q, client.ObjectKeyFromObject(e.Object))
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			was, is := e.ObjectOld, e.ObjectNew
			released := was.GetAnnotations()[v1alpha1.AnnotationReleaseDeletions] != is.GetAnnotations()[v1alpha1.AnnotationReleaseDeletions]
			if was.GetGeneration() != is.GetGeneration() || released {
				r.wake(ctx, q, client.ObjectKeyFromObject(is))
			}
		},
	}
}

// hearPool wakes the users of a ClerkInstance that can be used now, or no longer, and those whose users at Clerk are no
// longer as they were.
func (r *Reconciler) hearPool(ctx context.Context, q queue) error {
	go r.Pool.Changed().Receive(ctx, func(instances []types.NamespacedName) {
		for _, instance := range instances {
			r.wake(ctx, q, instance)
		}
	})
	go r.Pool.ChangedUsers().Receive(ctx, func(uids []string) {
		for _, uid := range uids {
			if name, met := r.memory.nameOf(types.UID(uid)); met {
				add(q, name, lowPriority)
			}
		}
	})
	go r.Pool.Identifiers().Freed().Receive(ctx, func(all []connection.Freed) {
		for _, freed := range all {
			if name, met := r.memory.nameOf(types.UID(freed.UID)); met {
				r.memory.retry(types.UID(freed.UID), freed.Identifier)
				add(q, name, editPriority)
			}
		}
	})
	return nil
}

// wake enqueues the ClerkUsers that lead to an instance, by name or by default, and has its mirror follow the users that
// they have there.
func (r *Reconciler) wake(ctx context.Context, q queue, instance types.NamespacedName) {
	users, err := r.references().Candidates(ctx, instance)
	if err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUsers of an instance", "instance", instance)
		return
	}
	r.follow(instance, users)
	for i := range users {
		add(q, client.ObjectKeyFromObject(&users[i]), priorityOf(&users[i]))
	}
}

// follow tells the mirror of an instance which users its objects have, so that they are read together. Where there is
// none it has nothing to tell.
func (r *Reconciler) follow(instance types.NamespacedName, users []v1alpha1.ClerkUser) {
	state, _ := r.Pool.State(instance)
	if state.Connection == nil {
		return
	}
	followed := map[string]mirror.Followed{}
	for i := range users {
		user := &users[i]
		bound := user.Status.Instance
		if bound == nil || bound.ID != state.Connection.InstanceID || user.Status.UserID == "" || user.Spec.Suspended() {
			continue
		}
		r.memory.meet(user.UID, client.ObjectKeyFromObject(user))
		followed[string(user.UID)] = followedBy(user, r.Now())
	}
	state.Connection.Mirror.Follow(followed)
}

// followedBy is what an object has on record about its user.
func followedBy(user *v1alpha1.ClerkUser, now time.Time) mirror.Followed {
	f := mirror.Followed{UserID: user.Status.UserID}
	if at := user.Status.LastWriteTime; at != nil {
		f.Written = clerk.Recorded(at.Time, now)
	}
	ready := readyCondition(user)
	f.Missing = ready != nil && ready.Reason == v1alpha1.ReasonMissing
	return f
}
