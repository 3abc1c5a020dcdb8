// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// awaitArrival replaces the result of an object that lacks something which it names, as long as that may still come from the
// same apply. The object is then in progress. An object that has a result already gets the new one at once.
func awaitArrival(r *reconciliation, res result) result {
	wait := r.arrival()
	if wait.Left() == 0 || !mayArrive(res.Reason) || !r.user.DeletionTimestamp.IsZero() ||
		r.conditions().Reported(v1alpha1.ConditionReady, res.Result) {
		return res
	}
	message := fmt.Sprintf("the operator waits %s before it reports this as a problem: %s", wait.Window, res.Message)
	waits := res
	waits.Result = reconcile.Result{
		Unchanged: true, Message: message, RequeueAfter: sooner(res.RequeueAfter, wait.Left()), Failures: res.Failures,
	}
	if silence := wait.Silence(); silence > 0 {
		waits.silent, waits.RequeueAfter = true, sooner(waits.RequeueAfter, silence)
		return waits
	}
	waits.waitingGeneration = &waitingGeneration{v1alpha1.ReasonWaiting, "the current generation is not applied yet: " + message}
	return waits
}

// mayArrive reports whether a reason is about an object that people create together with those that name it.
func mayArrive(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonConfigMapNotFound:
		return true
	default:
		return false
	}
}

// arrival is the wait of this object for what it names.
func (r *reconciliation) arrival() reconcile.Arrival {
	return reconcile.Arrival{Now: r.now, Since: r.firstSeen, Window: r.applyWindow}
}
