// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

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
)

// Report writes status, in one patch and only if something changed, records events of an end, and carries out what the result
// asks for. It and recordStart are the only writers of status.
func (k kind) Report(ctx context.Context, _, action *v1alpha1.ClerkUserAction, o *outcome, result result) error {
	if o.state.unwritten != nil {
		return k.reportUnwritten(ctx, action, o)
	}
	if !o.called {
		log.FromContext(ctx).V(reconcile.QuietLevel).Info("no call was made", "reason", result.Reason, "why", o.whyNotCalled(result))
	}
	setStatus(action, o, result)
	k.carryOut(action.UID, o, result)
	err := k.patchStatus(ctx, action, o)
	if err != nil && o.called {
		k.objects.Change(action.UID, func(s *objectState) { s.unwritten = action.Status.DeepCopy() })
	}
	if err == nil && result.end != "" {
		k.recordEvents(ctx, action, o.user)
	}
	if apierrors.IsInvalid(err) && action.Undecoded != nil {
		// The API server refuses every change of such an object, also of its status.
		k.Recorder.Eventf(action, nil, corev1.EventTypeWarning, result.Reason, "RunAction", "%s", result.Message)
	}
	return err
}

// whyNotCalled says why no call was made, in words that have no values.
func (o *outcome) whyNotCalled(result result) string {
	if o.err != nil {
		return reconcile.StableText(o.err, errNotVisibleYet)
	}
	return result.Message
}

// carryOut does what a result asks for besides status.
func (k kind) carryOut(uid types.UID, o *outcome, result result) {
	k.objects.RecordFailures(uid, result.Failures, o.now)
	if result.state != k.objects.Of(uid) {
		k.objects.Change(uid, func(s *objectState) { *s = result.state })
	}
	if result.checkKey != (types.NamespacedName{}) {
		k.Pool.RequestKeyCheck(result.checkKey)
	}
}

// reportUnwritten writes the status of an earlier reconciliation.
func (k kind) reportUnwritten(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) error {
	action.Status, o.called = *o.state.unwritten.DeepCopy(), true
	if err := k.patchStatus(ctx, action, o); err != nil {
		return err
	}
	if k.objects.Of(action.UID).unwritten != nil {
		k.objects.Change(action.UID, func(s *objectState) { s.unwritten = nil })
	}
	k.recordEvents(ctx, action, nil)
	return nil
}

// patchStatus writes status. What was learned by a call is written whatever else has changed meanwhile, for nobody else knows
// it. What was not is only true of the copy that this reconciliation worked from.
func (k kind) patchStatus(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) error {
	if equality.Semantic.DeepEqual(o.stored.Status, action.Status) {
		return nil
	}
	var options []client.MergeFromOption
	if !o.called {
		options = append(options, client.MergeFromWithOptimisticLock{})
	}
	status := action.Status.DeepCopy()
	err := k.Client.Status().Patch(ctx, action, client.MergeFromWithOptions(o.stored, options...))
	if apierrors.IsNotFound(err) {
		// The event of its deletion was seen before, so nobody would forget it later.
		k.objects.Forget(action.UID)
		return nil
	}
	if err != nil {
		action.Status = *status
		return fmt.Errorf("writing status: %w", err)
	}
	k.objects.Wrote(action)
	return nil
}
