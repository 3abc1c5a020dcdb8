// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// awaitSecret replaces the result of a ClerkInstance whose Secret is missing, as long as that may still come from the same apply.
// Its users then wait for its first check. A ClerkInstance that has a result already gets the new one at once.
func awaitSecret(instance *v1alpha1.ClerkInstance, o *outcome, s settings, r result) result {
	wait := reconcile.Arrival{Now: o.ended, Since: o.firstSeen, Window: s.applyWindow}
	r.RequeueAfter = wait.Poll(s.secretInterval)
	if wait.Left() == 0 || !instance.DeletionTimestamp.IsZero() || conditionsOf(instance).Reported(v1alpha1.ConditionReady, r.Result) {
		return r
	}
	return result{Result: reconcile.Result{
		Unchanged: true, Message: r.Message, RequeueAfter: min(r.RequeueAfter, wait.Left()),
	}}
}
