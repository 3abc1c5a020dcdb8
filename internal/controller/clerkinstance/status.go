// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// setStatus says in status what a result means. It leaves status.deletions alone, which belongs to the deletion brake.
func setStatus(instance *v1alpha1.ClerkInstance, o *outcome, r result) {
	status := &instance.Status
	if r.Unchanged {
		setWaiting(instance, r.Message)
	} else {
		status.ObservedGeneration = instance.Generation
		conditionsOf(instance).SetResult(r.Result)
	}
	if o.connection != nil {
		status.InstanceID, status.Environment = o.connection.InstanceID, o.connection.Environment
	}
	status.ClusterID, status.ManagedUsers, status.HeldDeletions = r.numbers.clusterID, r.numbers.managed, r.numbers.held
	status.MassAbsentUsers = r.numbers.massAbsent
	if r.renumbered {
		status.PendingDeletions = o.pending
	}
	if r.numbers.users != nil {
		// A copy, since the mirror's is shared and the answer to a patch is decoded into what status points at.
		status.Users = ptr.To(*r.numbers.users)
	}
}

// setWaiting says why there is no result for the present spec: of an instance without any in all conditions, and of one whose
// spec was changed in Reconciling, beside the result for the spec before.
func setWaiting(instance *v1alpha1.ClerkInstance, why string) {
	conditions := conditionsOf(instance)
	ready := conditions.Find(v1alpha1.ConditionReady)
	message := "Clerk has not answered yet; the operator tries again"
	if why != "" {
		message = "the key is not checked yet; the operator tries again: " + why
	}
	switch {
	case ready == nil || ready.Status == metav1.ConditionUnknown:
		conditions.Set(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, message)
	case ready.ObservedGeneration == instance.Generation:
		return
	}
	conditions.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonWaiting, message)
	conditions.Remove(v1alpha1.ConditionStalled)
}

func conditionsOf(instance *v1alpha1.ClerkInstance) reconcile.Conditions {
	return reconcile.Conditions{List: &instance.Status.Conditions, Generation: instance.Generation}
}
