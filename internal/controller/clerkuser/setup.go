// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
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
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get

const controllerName = "clerkuser"

// SetupWithManager adds the controller to a manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	options.LogConstructor = r.FailureLog(controllerName).Logger(mgr.GetLogger())
	parts := r.Parts()
	build := ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		Watches(&v1alpha1.ClerkUser{}, parts.Users).
		Watches(&v1alpha1.ClerkInstance{}, parts.Instances).
		WatchesRawSource(source.Func(r.receiveFromPool)).
		WithOptions(options)
	if r.WatchSecrets {
		build = build.
			WatchesMetadata(&corev1.Secret{}, r.sourceEventHandler("Secret")).
			WatchesMetadata(&corev1.ConfigMap{}, r.sourceEventHandler("ConfigMap"))
	}
	if err := build.Complete(parts.Reconciler); err != nil {
		return fmt.Errorf("adding the controller of ClerkUsers: %w", err)
	}
	return nil
}

// userEventHandler enqueues ClerkUsers for their own events. No predicate filters generations: the event of a status patch
// starts a reconciliation that repairs what one from an old copy wrote.
func (r *Reconciler) userEventHandler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q reconcile.Queue) {
			reconcile.Enqueue(q, client.ObjectKeyFromObject(e.Object), priorityOfCreate(e))
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q reconcile.Queue) {
			if e.ObjectOld.GetDeletionTimestamp().IsZero() && !e.ObjectNew.GetDeletionTimestamp().IsZero() {
				r.objects.notify(e.ObjectNew.GetUID(), func(m *notifications) { m.deletedAt = r.Now() })
			}
			reconcile.Enqueue(q, client.ObjectKeyFromObject(e.ObjectNew), priorityOfChange(e.ObjectOld, e.ObjectNew))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q reconcile.Queue) {
			r.objects.Forget(e.Object.GetUID())
			r.chosen.forget(e.Object.GetUID())
			r.FailureLog(controllerName).Forget(e.Object)
			r.Pool.Identifiers().Forget(string(e.Object.GetUID()))
			r.rates.Forget(e.Object.GetUID())
			r.Pool.Unbind(string(e.Object.GetUID()))
			r.enqueueSuccessors(ctx, e.Object, q)
		},
	}
}

// priorityOfCreate is the priority of an object that is seen for the first time.
func priorityOfCreate(e event.CreateEvent) int {
	user, ok := e.Object.(*v1alpha1.ClerkUser)
	if !ok || !e.IsInInitialList {
		return reconcile.PriorityNew
	}
	return priorityOf(user)
}

// priorityOf is the priority of an object without a change. Most of these objects already have a result.
func priorityOf(user *v1alpha1.ClerkUser) int {
	switch {
	case !user.DeletionTimestamp.IsZero(), user.Status.UserID != "" && user.Status.ObservedGeneration != user.Generation:
		return reconcile.PriorityEdited
	case user.Status.ObservedGeneration != user.Generation:
		return reconcile.PriorityNew
	default:
		return reconcile.PriorityLow
	}
}

// priorityOfChange distinguishes changes by people from the operator's own writes.
func priorityOfChange(was, is client.Object) int {
	if was.GetGeneration() == is.GetGeneration() &&
		was.GetDeletionTimestamp().IsZero() == is.GetDeletionTimestamp().IsZero() &&
		was.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt] == is.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt] {
		return reconcile.PriorityLow
	}
	return reconcile.PriorityEdited
}

// priorityOfSource is the priority after a change of a Secret or ConfigMap that objects name.
func priorityOfSource(was, is client.Object) int {
	if was.GetResourceVersion() == is.GetResourceVersion() {
		return reconcile.PriorityLow
	}
	return reconcile.PriorityEdited
}

// enqueueSuccessors enqueues the ClerkUsers that a deleted one may have blocked. These are those of its namespace without a
// user, those of any namespace that name the same user, and those that are bound to it.
func (r *Reconciler) enqueueSuccessors(ctx context.Context, gone client.Object, q reconcile.Queue) {
	successors, err := r.successors(ctx, gone)
	if err != nil {
		log.FromContext(ctx).Error(err, "listing ClerkUsers that wait for a user")
		return
	}
	for i := range successors {
		r.objects.notify(successors[i].UID, func(m *notifications) { m.deleted = append(m.deleted, gone.GetName()) })
		q.Add(ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&successors[i])})
	}
}

func (r *Reconciler) successors(ctx context.Context, gone client.Object) ([]v1alpha1.ClerkUser, error) {
	waiting, named := &v1alpha1.ClerkUserList{}, &v1alpha1.ClerkUserList{}
	err := r.Client.List(ctx, waiting,
		client.InNamespace(gone.GetNamespace()), client.MatchingFields{index.Unbound: "true"}, client.UnsafeDisableDeepCopy)
	user, ok := gone.(*v1alpha1.ClerkUser)
	if err != nil || !ok || user.Status.UserID == "" {
		return waiting.Items, err
	}
	err = r.Client.List(ctx, named, client.MatchingFields{index.Named: user.Status.UserID}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, err
	}
	bound, err := index.BoundTo(ctx, r.Client, user.Status.UserID)
	return slices.Concat(waiting.Items, named.Items, bound), err
}

// instanceEventHandler enqueues the users of a ClerkInstance that was created or deleted, or whose spec or annotations changed.
// Changes of its status do not matter here: the pool reports those that do.
func (r *Reconciler) instanceEventHandler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q reconcile.Queue) {
			r.enqueueUsersOf(ctx, q, client.ObjectKeyFromObject(e.Object))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q reconcile.Queue) {
			r.enqueueUsersOf(ctx, q, client.ObjectKeyFromObject(e.Object))
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q reconcile.Queue) {
			was, is := e.ObjectOld, e.ObjectNew
			released := was.GetAnnotations()[v1alpha1.AnnotationReleaseDeletions] != is.GetAnnotations()[v1alpha1.AnnotationReleaseDeletions]
			before, after := was.(*v1alpha1.ClerkInstance), is.(*v1alpha1.ClerkInstance)
			enqueueFormers(q, after, before.Status.PendingDeletions...)
			if was.GetGeneration() != is.GetGeneration() || released {
				r.enqueueUsersOf(ctx, q, client.ObjectKeyFromObject(is))
			}
			if !equality.Semantic.DeepEqual(before.Spec.DeletionDelay, after.Spec.DeletionDelay) {
				r.enqueueDeletedUsers(ctx, q)
			}
		},
	}
}

// receiveFromPool enqueues the users of a ClerkInstance that became ready or not ready, ClerkUsers whose users changed at
// Clerk, and ClerkUsers whose identifiers became free.
func (r *Reconciler) receiveFromPool(ctx context.Context, q reconcile.Queue) error {
	go r.Pool.Changed().Receive(ctx, func(instances []types.NamespacedName) { r.enqueueUsersOfAll(ctx, q, instances) })
	go r.Pool.ChangedUsers().Receive(ctx, func(uids []string) { r.enqueueChanged(q, uids) })
	go r.successions.Receive(ctx, func(names []types.NamespacedName) { enqueueEdited(q, names) })
	go r.Pool.Identifiers().Freed().Receive(ctx, func(all []connection.Freed) { r.enqueueFreed(q, all) })
	return nil
}

func (r *Reconciler) enqueueUsersOfAll(ctx context.Context, q reconcile.Queue, instances []types.NamespacedName) {
	for _, instance := range instances {
		r.enqueueUsersOf(ctx, q, instance)
	}
}

func (r *Reconciler) enqueueChanged(q reconcile.Queue, uids []string) {
	for _, uid := range uids {
		if name, met := r.objects.Name(types.UID(uid)); met {
			reconcile.Enqueue(q, name, reconcile.PriorityLow)
		}
	}
}

func enqueueEdited(q reconcile.Queue, names []types.NamespacedName) {
	for _, name := range names {
		reconcile.Enqueue(q, name, reconcile.PriorityEdited)
	}
}

func (r *Reconciler) enqueueFreed(q reconcile.Queue, all []connection.Freed) {
	for _, freed := range all {
		if name, met := r.objects.Name(types.UID(freed.UID)); met {
			r.objects.notify(types.UID(freed.UID), func(m *notifications) { m.freed = append(m.freed, freed.Identifier) })
			reconcile.Enqueue(q, name, reconcile.PriorityEdited)
		}
	}
}

// enqueueDeletedUsers enqueues all ClerkUsers that are being deleted. A ClerkInstance's deletionDelay also applies to those of
// other ClerkInstances of its Clerk instance.
func (r *Reconciler) enqueueDeletedUsers(ctx context.Context, q reconcile.Queue) {
	deleted := &v1alpha1.ClerkUserList{}
	if err := r.Client.List(ctx, deleted, client.MatchingFields{index.Deleted: "true"}, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUsers that are being deleted")
		return
	}
	for i := range deleted.Items {
		reconcile.Enqueue(q, client.ObjectKeyFromObject(&deleted.Items[i]), reconcile.PriorityEdited)
	}
}

// enqueueFormers enqueues the former objects in the pending deletions of a ClerkInstance, without those that are known.
func enqueueFormers(q reconcile.Queue, instance *v1alpha1.ClerkInstance, known ...v1alpha1.PendingDeletion) {
	for _, p := range instance.Status.PendingDeletions {
		if !slices.ContainsFunc(known, func(k v1alpha1.PendingDeletion) bool { return k.UID == p.UID }) {
			reconcile.Enqueue(q, types.NamespacedName{Namespace: p.Namespace, Name: p.Name}, reconcile.PriorityEdited)
		}
	}
}

// enqueueUsersOf enqueues the ClerkUsers that use an instance, by name or by default, and the former ones in its pending deletions. It
// also adds the users to its mirror.
func (r *Reconciler) enqueueUsersOf(ctx context.Context, q reconcile.Queue, instance types.NamespacedName) {
	with := &v1alpha1.ClerkInstance{}
	if err := r.Client.Get(ctx, instance, with); err == nil {
		enqueueFormers(q, with)
	}
	users, err := r.references().Candidates(ctx, instance)
	if err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUsers of an instance", "instance", instance)
		return
	}
	r.follow(instance, users)
	for _, user := range users {
		reconcile.Enqueue(q, client.ObjectKeyFromObject(user), priorityOf(user))
	}
}

// follow sets the users that the mirror of an instance follows, so that they are read together. Without a connection there is
// no mirror.
func (r *Reconciler) follow(instance types.NamespacedName, users []*v1alpha1.ClerkUser) {
	state, _ := r.Pool.State(instance)
	if state.Connection == nil {
		return
	}
	followed := map[string]mirror.Followed{}
	for _, user := range users {
		bound := user.Status.Instance
		if bound == nil || bound.ID != state.Connection.InstanceID || user.Status.UserID == "" || user.Spec.Suspended() {
			continue
		}
		r.objects.Meet(user)
		followed[string(user.UID)] = followedBy(user, r.Now())
	}
	state.Connection.Mirror.Follow(followed)
}

// followedBy is what the object's status says about its user.
func followedBy(user *v1alpha1.ClerkUser, now time.Time) mirror.Followed {
	f := mirror.Followed{UserID: user.Status.UserID}
	if at := user.Status.LastWriteTime; at != nil {
		f.Written = clerk.Recorded(at.Time, now)
	}
	ready := readyCondition(user)
	f.Missing = ready != nil && ready.Reason == v1alpha1.ReasonMissing
	return f
}

// sourceEventHandler enqueues the ClerkUsers that name a Secret or ConfigMap. The event contains only the name; the
// reconciliation reads whether the values changed. The priority is that of an edit, since the person who made the change waits
// for its effect.
func (r *Reconciler) sourceEventHandler(kind string) handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q reconcile.Queue) {
			priority := reconcile.PriorityEdited
			if e.IsInInitialList {
				priority = reconcile.PriorityLow
			}
			r.enqueueUsersOfSource(ctx, q, kind, e.Object, priority)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q reconcile.Queue) {
			r.enqueueUsersOfSource(ctx, q, kind, e.ObjectNew, priorityOfSource(e.ObjectOld, e.ObjectNew))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q reconcile.Queue) {
			r.enqueueUsersOfSource(ctx, q, kind, e.Object, reconcile.PriorityEdited)
		},
	}
}

// enqueueUsersOfSource enqueues the ClerkUsers that name a Secret or ConfigMap.
func (r *Reconciler) enqueueUsersOfSource(ctx context.Context, q reconcile.Queue, kind string, source client.Object, priority int) {
	users := &v1alpha1.ClerkUserList{}
	named := client.MatchingFields{index.Source: index.SourceOf(kind, source.GetNamespace(), source.GetName())}
	if err := r.Client.List(ctx, users, named, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "listing the ClerkUsers that name a source", "kind", kind)
		return
	}
	for i := range users.Items {
		reconcile.Enqueue(q, client.ObjectKeyFromObject(&users.Items[i]), priority)
	}
}
