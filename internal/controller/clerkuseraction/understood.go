// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// records are the fields of status that say whether the action has begun or ended, and on whom.
func records() []string {
	return []string{
		"status.conditions", "status.startedAt", "status.completedAt", "status.userID", "status.instance", "status.action",
	}
}

// understood ends an action of which some value did not decode: its spec cannot be corrected, and where a record is lost the
// call may have been made.
func (p *pass) understood(context.Context) error {
	if paths := p.action.Undecoded.Of("spec"); len(paths) > 0 {
		message := undecoded.FixedSpecMessage("clerkuseraction", paths)
		return &problem{reason: v1alpha1.ReasonInvalidSpec, message: message, final: true}
	}
	if paths := p.action.Undecoded.Of(records()...); len(paths) > 0 {
		return &problem{
			reason: v1alpha1.ReasonOutcomeUnknown,
			message: paths[0] + ": the stored value is not one that the field can hold, so it is not known whether the call was made, " +
				"and it is not repeated: " + howToFindOut(p.actionType),
			final: true,
		}
	}
	return nil
}
