// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// finished reports whether an action is over. Nothing but its time to live counts from then on.
func finished(action *v1alpha1.ClerkUserAction) bool { return ending(&action.Status) != nil }

// expire deletes an object whose action is over once its time to live has passed.
func (r *Reconciler) expire(ctx context.Context, action *v1alpha1.ClerkUserAction) (ctrl.Result, error) {
	seconds, completed := action.Spec.TTLSecondsAfterFinished, action.Status.CompletedAt
	if seconds == nil || completed == nil {
		return ctrl.Result{}, nil
	}
	if left := completed.Add(time.Duration(*seconds) * time.Second).Sub(r.Now()); left > 0 {
		return ctrl.Result{RequeueAfter: left, Priority: ptr.To(handler.LowPriority)}, nil
	}
	// The cache may show an object that is gone, and in whose place there is another of that name.
	err := r.Client.Delete(ctx, action, client.Preconditions{UID: &action.UID})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, fmt.Errorf("deleting the object after its time to live: %w", err)
}

// ending returns the condition with which an action is over; nil as long as it is not.
func ending(status *v1alpha1.ClerkUserActionStatus) *metav1.Condition {
	for _, kind := range []string{v1alpha1.ConditionComplete, v1alpha1.ConditionFailed} {
		if meta.IsStatusConditionTrue(status.Conditions, kind) {
			return meta.FindStatusCondition(status.Conditions, kind)
		}
	}
	return nil
}
