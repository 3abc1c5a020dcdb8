// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// setStatus says in status what a result means.
func setStatus(action *v1alpha1.ClerkUserAction, o *outcome, r result) {
	setSubject(action, o)
	status := &action.Status
	if r.takeBackStart {
		status.StartedAt = nil
	}
	switch {
	case r.end != "":
		setEnd(action, o, r)
	case !r.Unchanged:
		setReconciling(action, r.Reason, r.Message)
	case len(status.Conditions) == 0:
		setReconciling(action, v1alpha1.ReasonWaiting, "the first reconciliation has not finished yet")
	case o.began && !saysRetrying(action):
		setReconciling(action, v1alpha1.ReasonWaiting, "the call did not finish and is retried")
	}
}

// saysRetrying reports whether the conditions say that calls keep failing, which another try does not make untrue.
func saysRetrying(action *v1alpha1.ClerkUserAction) bool {
	c := meta.FindStatusCondition(action.Status.Conditions, v1alpha1.ConditionReconciling)
	return c != nil && c.Reason == v1alpha1.ReasonRetrying
}

// setSubject says what the action is, and on whom.
func setSubject(action *v1alpha1.ClerkUserAction, o *outcome) {
	status := &action.Status
	status.ObservedGeneration, status.Action = action.Generation, o.actionType
	if o.user != nil && status.UserID == "" {
		status.UserID, status.Instance = o.userID(), o.user.Status.Instance.DeepCopy()
	}
}

// setEnd says how the action finished. Stalled goes along with Failed, by which tools that know neither see that nothing more is
// to come.
func setEnd(action *v1alpha1.ClerkUserAction, o *outcome, r result) {
	status := &action.Status
	at := metav1.NewTime(o.ended.Truncate(time.Second))
	status.CompletedAt, status.Result = &at, o.answer.result
	kinds := []string{r.end}
	if r.Stalled {
		kinds = append(kinds, v1alpha1.ConditionStalled)
	}
	conditionsOf(action).SetOnly(r.Reason, r.Message, kinds...)
}

func setReconciling(action *v1alpha1.ClerkUserAction, reason, message string) {
	conditionsOf(action).SetOnly(reason, message, v1alpha1.ConditionReconciling)
}

func conditionsOf(action *v1alpha1.ClerkUserAction) reconcile.Conditions {
	return reconcile.Conditions{List: &action.Status.Conditions, Generation: action.Generation}
}
