// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// outcome is what the steps of one reconciliation of a ClerkUserAction learned.
type outcome struct {
	// stored is the object as the API server has it, as far as is known: patches say how the action differs from it.
	stored     *v1alpha1.ClerkUserAction
	actionType v1alpha1.ActionType
	now        time.Time
	// arrival is the wait for what the spec names.
	arrival reconcile.Arrival
	// repeats is true if an earlier reconciliation put a start on record that has no end. Its call may have been made.
	repeats bool
	// state is what is remembered of the object, with what this reconciliation adds. failingSince is as in reconcile.Store.
	state        objectState
	failingSince time.Time

	// user is the ClerkUser; nil until it was found to be fit.
	user *v1alpha1.ClerkUser
	// observed is the user at Clerk, with this ClerkUser's mark.
	observed *clerk.User
	// target is the id of the thing that is meant of those that the user has; "" for actions on the user as a whole.
	target string

	// began is true once this reconciliation put a start on record, and called once it was about to make the call.
	began, called bool
	// lag is for how long Clerk may still not show what the call did not find; 0 if that it is not there is to be believed.
	lag    time.Duration
	answer answer
	err    error
	// ended is when the steps ended.
	ended time.Time
}

func (r *Reconciler) newOutcome(action *v1alpha1.ClerkUserAction) *outcome {
	now := r.Now()
	since := r.objects.FirstSeen(action.UID, reconcile.Asked{Generation: action.Generation}, now)
	return &outcome{
		stored:       action.DeepCopy(),
		actionType:   action.Spec.ActionType(),
		now:          now,
		arrival:      reconcile.Arrival{Now: now, Since: since, Window: r.ApplyWindow},
		repeats:      action.Status.StartedAt != nil,
		state:        r.objects.Of(action.UID),
		failingSince: r.objects.FailingSince(action.UID),
	}
}

// userID is the id of the user that the ClerkUser is bound to; "" until that was found to be fit.
func (o *outcome) userID() string {
	if o.user == nil {
		return ""
	}
	return o.user.Status.UserID
}

// instanceName is the name of the ClerkInstance through which a ClerkUser is bound.
func instanceName(user *v1alpha1.ClerkUser) types.NamespacedName {
	bound := user.Status.Instance
	return types.NamespacedName{Namespace: bound.Namespace, Name: bound.Name}
}
