// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// records are the fields of status that say whether the action has begun or ended, and on whom.
func records() []string {
	return []string{
		"status.conditions", "status.startedAt", "status.completedAt", "status.userID", "status.instance", "status.action",
	}
}

// checkDecoded ends an action of which some value did not decode: its spec cannot be corrected, and where a record is lost the
// call may have been made.
func checkDecoded(action *v1alpha1.ClerkUserAction) error {
	if paths := action.Undecoded.Of("spec"); len(paths) > 0 {
		message := undecoded.FixedSpecMessage("clerkuseraction", paths)
		return &reconcile.Problem{Reason: v1alpha1.ReasonInvalidSpec, Message: message, Stalled: true}
	}
	if paths := action.Undecoded.Of(records()...); len(paths) > 0 {
		return &reconcile.Problem{
			Reason:  v1alpha1.ReasonOutcomeUnknown,
			Message: paths[0] + ": the stored value is not valid for the field, so the operator does not know whether the call was made, and does not repeat it: " + howToFindOut(action.Spec.ActionType()),
			Stalled: true,
		}
	}
	return nil
}
