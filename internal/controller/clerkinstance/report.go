// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// Report writes status, if it changed, and events about that, and tells the users what they can use.
func (k kind) Report(ctx context.Context, before, instance *v1alpha1.ClerkInstance, o *outcome, r result) error {
	name := client.ObjectKeyFromObject(instance)
	if r.released {
		k.drop(name)
		return nil
	}
	log.FromContext(ctx).V(reconcile.QuietLevel).Info("ClerkInstance reconciled", "reason", r.Reason, "why", r.Message, "again", r.RequeueAfter.String())
	setStatus(instance, o, r)
	if r.renumbered {
		k.checked.writeCounts(name, o.ended)
	}
	if err := k.patchStatus(ctx, before, instance, o, r); err != nil {
		return err
	}
	if r.state != nil {
		// Patches put a spec that was edited meanwhile into instance; what was found out is about the one before.
		state := *r.state
		state.UID, state.Generation = before.UID, before.Generation
		k.Pool.Set(name, state)
	}
	k.dropIfGone(ctx, name, before.UID)
	return nil
}

func (k kind) patchStatus(ctx context.Context, before, instance *v1alpha1.ClerkInstance, o *outcome, r result) error {
	rewritten := undecoded.InStatus(instance.Undecoded, undecoded.InstanceRecords()...)
	if len(rewritten) == 0 && equality.Semantic.DeepEqual(before.Status, instance.Status) {
		return nil
	}
	patch := client.MergeFrom(before)
	if len(before.Status.PendingDeletions) != len(instance.Status.PendingDeletions) {
		// The patch replaces the list, to which the controller of ClerkUsers adds.
		patch = locked(before)
	}
	settled := k.settled(before)
	err := k.Client.Status().Patch(ctx, instance, undecoded.Rewriting(patch, rewritten))
	if apierrors.IsInvalid(err) && !r.Unchanged && before.Undecoded != nil {
		// The API server refuses every change of such an object, also of its status.
		k.Recorder.Eventf(instance, nil, corev1.EventTypeWarning, r.Reason, actionCheck, "%s", r.Message)
	}
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("writing status: %w", err)
	}
	if err == nil {
		k.objects.Wrote(instance)
		k.forgetSettled(settled, instance)
	}
	k.recordEvents(ctx, before, instance, o, r)
	return nil
}

// dropIfGone ends the use of a key whose ClerkInstance went away during the reconciliation that has just put it to use: the
// event of that was seen before.
func (k kind) dropIfGone(ctx context.Context, name types.NamespacedName, uid types.UID) {
	present := &v1alpha1.ClerkInstance{}
	err := k.Client.Get(ctx, name, present)
	if apierrors.IsNotFound(err) || err == nil && present.UID != uid {
		k.objects.Forget(uid)
		k.drop(name)
	}
}

// drop ends the use of a key.
func (r *Reconciler) drop(name types.NamespacedName) {
	r.Pool.Drop(name)
	r.checked.forget(name)
}
