// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

type runtimeObject = runtime.Object

// checkStatus fails a story whose ClerkUser breaks the rules that kstatus and its kind live by.
func checkStatus(t *testing.T, user *v1alpha1.ClerkUser) {
	t.Helper()
	for _, fault := range statusFaults(user.Status.Conditions, user.Generation, user.Status.ObservedGeneration) {
		t.Errorf("status of ClerkUser %s: %s\n%+v", user.Name, fault, user.Status)
	}
}

// checkInstanceStatus does the same for a ClerkInstance that was looked at.
func checkInstanceStatus(t *testing.T, instance *v1alpha1.ClerkInstance) {
	t.Helper()
	for _, fault := range statusFaults(instance.Status.Conditions, instance.Generation, instance.Status.ObservedGeneration) {
		t.Errorf("status of ClerkInstance %s: %s\n%+v", instance.Name, fault, instance.Status)
	}
}

func statusFaults(conditions []metav1.Condition, generation, observed int64) []string {
	var faults []string
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)
	reconciling := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	if ready == nil {
		return []string{"Ready is absent"}
	}
	if stalled != nil && reconciling != nil {
		faults = append(faults, "Stalled and Reconciling stand together")
	}
	if stalled != nil && ready.Status == metav1.ConditionTrue {
		faults = append(faults, "Ready is True beside Stalled")
	}
	if reconciling != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration >= reconciling.ObservedGeneration {
		faults = append(faults, "Ready is True beside Reconciling about the same generation")
	}
	if observed > generation {
		faults = append(faults, "observedGeneration is ahead")
	}
	for _, c := range conditions {
		if c.ObservedGeneration == 0 {
			faults = append(faults, c.Type+" does not say which generation it is about")
		}
		if c.ObservedGeneration > generation {
			faults = append(faults, c.Type+" is about a generation to come")
		}
		if c.Type != v1alpha1.ConditionReady && c.Status != metav1.ConditionTrue {
			faults = append(faults, c.Type+" is present and not True")
		}
		if c.Reason == "" || c.Message == "" {
			faults = append(faults, c.Type+" has no reason or no message")
		}
	}
	if ready.Status == metav1.ConditionTrue && observed != ready.ObservedGeneration {
		faults = append(faults, "Ready is True for another generation than observedGeneration")
	}
	return faults
}
