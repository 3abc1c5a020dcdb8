// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// announce tells of the end of an action: to those who look at the object, to those who look at the ClerkUser, in the log and in
// numbers. What a password or code was found to be stays in status, which not everybody may read who reads events.
func (p *pass) announce(ctx context.Context) {
	end := ending(&p.action.Status)
	if end == nil {
		return
	}
	kind, reason, note := corev1.EventTypeNormal, v1alpha1.EventActionComplete, "carried out "+string(p.actionType)
	if end.Type == v1alpha1.ConditionFailed {
		kind, reason = corev1.EventTypeWarning, v1alpha1.EventActionFailed
		note = string(p.actionType) + " failed with reason " + end.Reason + ": " + end.Message
	}
	if user := p.subject(ctx); user == nil {
		p.Recorder.Eventf(p.action, nil, kind, reason, "RunAction", "%s", note)
	} else {
		p.Recorder.Eventf(p.action, user, kind, reason, "RunAction", "%s", note)
		p.Recorder.Eventf(user, p.action, kind, reason, "RunAction", "ClerkUserAction %s: %s", p.action.Name, note)
	}
	p.Metrics.ended(p.actionType, end.Reason)
	log.FromContext(ctx).Info("action ended", "action", p.actionType, "reason", end.Reason, "user", p.action.Spec.UserRef.Name,
		"clerkUserID", p.action.Status.UserID)
}

// subject is the ClerkUser that the action names, fit or not; nil if there is none to be told.
func (p *pass) subject(ctx context.Context) *v1alpha1.ClerkUser {
	if p.user != nil {
		return p.user
	}
	user := &v1alpha1.ClerkUser{}
	if err := p.Client.Get(ctx, p.userName(), user); err != nil {
		return nil
	}
	return user
}
