// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/kstatus"
)

type runtimeObject = runtime.Object

// checkStatus fails a story whose ClerkUser breaks the rules that kstatus and its kind live by.
func checkStatus(t *testing.T, user *v1alpha1.ClerkUser) {
	t.Helper()
	faults := statusFaults(user.Status.Conditions, user.Generation, user.Status.ObservedGeneration)
	if user.Spec.Suspended() && user.DeletionTimestamp.IsZero() {
		faults = suspensionFaults(user)
	} else if meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionSuspended) != nil {
		faults = append(faults, "Suspended is left over")
	}
	faults = append(faults, kstatusFaults(user, user.Status.ObservedGeneration, user.Status.Conditions)...)
	for _, fault := range faults {
		t.Errorf("status of ClerkUser %s: %s\n%+v", user.Name, fault, user.Status)
	}
}

// suspensionFaults are the faults of the status of a suspended ClerkUser, which nothing more happens to.
func suspensionFaults(user *v1alpha1.ClerkUser) []string {
	var faults []string
	for _, c := range user.Status.Conditions {
		switch {
		case c.ObservedGeneration != user.Generation:
			faults = append(faults, c.Type+" is not about the generation that is suspended")
		case c.Type != v1alpha1.ConditionSuspended && c.Type != v1alpha1.ConditionReady, c.Status != metav1.ConditionTrue:
			faults = append(faults, c.Type+" is "+string(c.Status)+" while the object is suspended")
		}
	}
	if !meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionSuspended) {
		faults = append(faults, "Suspended is absent")
	}
	if got := kstatus.Of(user, user.Status.ObservedGeneration, user.Status.Conditions); got != kstatus.Current {
		faults = append(faults, "kstatus is "+got+" while the object is suspended")
	}
	return faults
}

// kstatusFaults compares what kstatus makes of a status with what the conditions say.
func kstatusFaults(o metav1.Object, observed int64, conditions []metav1.Condition) []string {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil || o.GetDeletionTimestamp() != nil {
		return nil
	}
	want := kstatus.InProgress
	switch {
	case ready.ObservedGeneration != o.GetGeneration():
	case ready.Status == metav1.ConditionTrue:
		want = kstatus.Current
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled):
		want = kstatus.Failed
	}
	if got := kstatus.Of(o, observed, conditions); got != want {
		return []string{"kstatus is " + got + ", want " + want}
	}
	return nil
}

// checkInstanceStatus does the same for a ClerkInstance that was looked at.
func checkInstanceStatus(t *testing.T, instance *v1alpha1.ClerkInstance) {
	t.Helper()
	faults := statusFaults(instance.Status.Conditions, instance.Generation, instance.Status.ObservedGeneration)
	for _, fault := range append(faults, kstatusFaults(instance, instance.Status.ObservedGeneration, instance.Status.Conditions)...) {
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
