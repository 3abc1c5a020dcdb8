// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// recordEvents records the end of an action: in events of the object and of the ClerkUser, in the log and in metrics. What a
// password or code was found to be stays in status, which not everybody may read who reads events. user is nil where it is not
// known to be fit.
func (r *Reconciler) recordEvents(ctx context.Context, action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser) {
	end := ending(&action.Status)
	if end == nil {
		return
	}
	actionType := action.Spec.ActionType()
	kind, reason, note := corev1.EventTypeNormal, v1alpha1.EventActionComplete, "carried out "+string(actionType)
	if end.Type == v1alpha1.ConditionFailed {
		kind, reason = corev1.EventTypeWarning, v1alpha1.EventActionFailed
		note = string(actionType) + " failed with reason " + end.Reason + ": " + end.Message
	}
	if user == nil {
		user = r.findNamed(ctx, action)
	}
	if user == nil {
		r.Recorder.Eventf(action, nil, kind, reason, "RunAction", "%s", note)
	} else {
		r.Recorder.Eventf(action, user, kind, reason, "RunAction", "%s", note)
		r.Recorder.Eventf(user, action, kind, reason, "RunAction", "ClerkUserAction %s: %s", action.Name, note)
	}
	r.Metrics.ended(actionType, end.Reason)
	log.FromContext(ctx).Info("action finished", "action", actionType, "reason", end.Reason, "user", action.Spec.UserRef.Name,
		"clerkUserID", action.Status.UserID)
}

// findNamed returns the ClerkUser that the action names, fit or not; nil if there is none.
func (r *Reconciler) findNamed(ctx context.Context, action *v1alpha1.ClerkUserAction) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{}
	if err := r.Client.Get(ctx, userName(action), user); err != nil {
		return nil
	}
	return user
}
