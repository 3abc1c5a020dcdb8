// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const suspendedMessage = "spec.suspend is true, so the operator neither reads nor writes the user"

// fillSuspended sets the conditions of a suspended object. It is done with the generation: nothing more happens until
// somebody changes spec.suspend. Ready stays if it is True. Otherwise tools that know Ready would wait for it, so only the
// message of Suspended names the last result.
func (r *reconciliation) fillSuspended() {
	conditions, message := r.conditions(), suspendedMessage
	if said := conditions.Find(v1alpha1.ConditionSuspended); said != nil {
		message = said.Message
	}
	switch ready := readyCondition(r.user); {
	case ready == nil:
	case ready.Status == metav1.ConditionTrue:
		conditions.Set(v1alpha1.ConditionReady, ready.Status, ready.Reason, ready.Message)
	default:
		if ready.Status == metav1.ConditionFalse {
			message = fmt.Sprintf("%s; the last result was %s: %s", suspendedMessage, ready.Reason, ready.Message)
		}
		conditions.Remove(v1alpha1.ConditionReady)
	}
	conditions.Set(v1alpha1.ConditionSuspended, metav1.ConditionTrue, v1alpha1.ReasonSuspended, message)
	conditions.Remove(v1alpha1.ConditionReconciling)
	conditions.Remove(v1alpha1.ConditionStalled)
	r.user.Status.ObservedGeneration = r.user.Generation
}
