// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// ownPace is how long a new generation may wait for the operator's own pace, which is a token of the API budget or a read that
// shows what was written, without Reconciling saying so. It is the span over which Clerk counts calls. A commit that changes
// many objects is carried out within it as a rule, and would cost a write more for each of them. A failure is told at once.
const ownPace = 10 * time.Second

// pending is why a generation is not carried out yet.
type pending struct{ reason, message string }

func waitsFor(err error) *pending {
	return &pending{v1alpha1.ReasonWaiting, "the present generation is not carried out yet: " + reconcile.StableText(err, errNotVisibleYet)}
}

func failsWith(failure string) *pending {
	return &pending{v1alpha1.ReasonRetrying, "the present generation is not carried out yet, and is tried again: " + failure}
}

// fillPending says in Reconciling that a generation is not carried out yet. Ready stays what it is: the last word on an
// earlier generation, which its observedGeneration tells. What is said first of a generation stays until its verdict, so that
// causes that take turns are not written again and again.
func fillPending(user *v1alpha1.ClerkUser, why *pending) {
	ready := readyCondition(user)
	if why == nil || ready == nil || ready.Status == metav1.ConditionUnknown || ready.ObservedGeneration == user.Generation {
		return
	}
	conditions := &user.Status.Conditions
	said := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReconciling)
	if said != nil && said.ObservedGeneration == user.Generation {
		return
	}
	setCondition(user, v1alpha1.ConditionReconciling, metav1.ConditionTrue, why.reason, why.message)
	meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
	sortConditions(user)
}
