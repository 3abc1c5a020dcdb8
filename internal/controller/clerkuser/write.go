// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// write describes the call for a change, for the audit line. userID is "" for a creating call.
func (r *reconciliation) write(userID string, change plan.Change, cause audit.Cause) audit.Write {
	return audit.Write{
		Object: audit.Object{
			Kind:           "ClerkUser",
			NamespacedName: client.ObjectKeyFromObject(r.user),
			UID:            r.user.UID,
			Generation:     r.user.Generation,
		},
		Instance: instanceName(r.instance),
		UserID:   userID,
		Change:   plan.KindOf(change),
		Fields:   change.Fields(),
		Cause:    cause,
	}
}

// causeOf is why a change is made. The answer is the same before the call and in the report.
func (r *reconciliation) causeOf(change plan.Change) audit.Cause {
	_, creates := change.(plan.Create)
	switch {
	case !r.user.DeletionTimestamp.IsZero():
		return audit.CauseDeletion
	case creates && r.recreates:
		return audit.CauseDrift
	case creates:
		return audit.CauseSpec
	case r.isDrift() && (len(plan.Parts(change)) == 0 || len(r.driftFields([]plan.Change{change})) > 0):
		return audit.CauseDrift
	case r.reported && r.sourcesChanged:
		return audit.CauseSource
	default:
		return audit.CauseSpec
	}
}
