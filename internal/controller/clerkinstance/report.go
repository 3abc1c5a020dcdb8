// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// report writes status, if it changed, and an event when Ready did. It leaves status.deletions alone, which belongs to
// the deletion brake. owing is true if counts could not be written yet.
func (r *Reconciler) report(
	ctx context.Context, before, instance *v1alpha1.ClerkInstance, o outcome, v verdict,
) (owing bool, err error) {
	status := &instance.Status
	if v.unchanged {
		setWaiting(instance, v.message)
	} else {
		status.ObservedGeneration = instance.Generation
		setConditions(instance, v)
	}
	if o.connection != nil {
		status.InstanceID, status.Environment = o.connection.InstanceID, o.connection.Environment
	}
	owing = r.setCounts(before, instance, o)
	rewritten := undecoded.InStatus(instance.Undecoded, undecoded.InstanceRecords()...)
	if len(rewritten) == 0 && equality.Semantic.DeepEqual(before.Status, *status) {
		return owing, nil
	}
	err = r.Client.Status().Patch(ctx, instance, undecoded.Rewriting(client.MergeFrom(before), rewritten))
	if apierrors.IsInvalid(err) && !v.unchanged && len(before.Undecoded) > 0 {
		// The API server refuses every change of such an object, also of its status.
		r.Recorder.Eventf(instance, nil, corev1.EventTypeWarning, v.reason, "CheckKey", "%s", v.message)
	}
	if client.IgnoreNotFound(err) != nil {
		return owing, fmt.Errorf("writing status: %w", err)
	}
	r.announce(ctx, before, instance)
	return owing, nil
}

// setCounts brings the counts and the cluster's id up to date, at most every CountInterval: in between, what was written
// before stays, and owing is true. Another operator that counts otherwise and writes to the same status is answered no
// faster.
func (r *Reconciler) setCounts(before, instance *v1alpha1.ClerkInstance, o outcome) (owing bool) {
	stood := before.Status
	if stood.ClusterID == "" {
		stood.ClusterID = r.ClusterID
	}
	counts := stood
	counts.ClusterID = r.ClusterID
	if o.mirror.Users != nil {
		counts.Users = ptr.To(*o.mirror.Users)
	}
	if o.counted {
		counts.ManagedUsers, counts.HeldDeletions = o.tally.managed, o.tally.held
	}
	if counts.Users != nil && *counts.Users < counts.ManagedUsers {
		// Counted before the operator created them; there are at least as many.
		counts.Users = ptr.To(counts.ManagedUsers)
	}
	name := types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
	if !equality.Semantic.DeepEqual(stood, counts) && !r.checked.mayWriteCounts(name, r.Now(), r.CountInterval) {
		counts, owing = stood, true
	}
	status := &instance.Status
	status.ClusterID, status.Users = counts.ClusterID, counts.Users
	status.ManagedUsers, status.HeldDeletions = counts.ManagedUsers, counts.HeldDeletions
	return owing
}

func setConditions(instance *v1alpha1.ClerkInstance, v verdict) {
	set := func(kind string, status metav1.ConditionStatus) {
		meta.SetStatusCondition(&instance.Status.Conditions, metav1.Condition{
			Type:               kind,
			Status:             status,
			Reason:             v.reason,
			Message:            v.message,
			ObservedGeneration: instance.Generation,
		})
	}
	ready := metav1.ConditionFalse
	if v.ready {
		ready = metav1.ConditionTrue
	}
	set(v1alpha1.ConditionReady, ready)
	meta.RemoveStatusCondition(&instance.Status.Conditions, v1alpha1.ConditionReconciling)
	if v.stalled {
		set(v1alpha1.ConditionStalled, metav1.ConditionTrue)
	} else {
		meta.RemoveStatusCondition(&instance.Status.Conditions, v1alpha1.ConditionStalled)
	}
}

// setWaiting says why there is no verdict on the present spec: of an instance without any in all conditions, and of one whose
// spec was changed in Reconciling, beside the verdict on the spec before.
func setWaiting(instance *v1alpha1.ClerkInstance, why string) {
	conditions := &instance.Status.Conditions
	ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
	message := "Clerk has not answered yet; it is asked again"
	if why != "" {
		message = "the key is not checked yet, and is tried again: " + why
	}
	set := func(kind string, status metav1.ConditionStatus) {
		meta.SetStatusCondition(conditions, metav1.Condition{
			Type: kind, Status: status, Reason: v1alpha1.ReasonWaiting, Message: message, ObservedGeneration: instance.Generation,
		})
	}
	switch {
	case ready == nil || ready.Status == metav1.ConditionUnknown:
		set(v1alpha1.ConditionReady, metav1.ConditionUnknown)
	case ready.ObservedGeneration == instance.Generation:
		return
	}
	set(v1alpha1.ConditionReconciling, metav1.ConditionTrue)
	meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
}

// announce writes an event when Ready took another value or reason.
func (r *Reconciler) announce(ctx context.Context, before, instance *v1alpha1.ClerkInstance) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
	if is == nil || is.Status == metav1.ConditionUnknown || (was != nil && was.Status == is.Status && was.Reason == is.Reason) {
		return
	}
	kind := corev1.EventTypeNormal
	if is.Status != metav1.ConditionTrue {
		kind = corev1.EventTypeWarning
	}
	log.FromContext(ctx).Info("Ready turned", "status", is.Status, "reason", is.Reason, "message", is.Message)
	r.Recorder.Eventf(instance, nil, kind, is.Reason, "CheckKey", "%s", is.Message)
}

func unpinned(id string) bool { return strings.HasPrefix(id, unpinnedPrefix) }
