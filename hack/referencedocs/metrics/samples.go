// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// firstID is the id of the Clerk instance whose series are counted, and firstName the name of its ClerkInstance.
const (
	firstID   = "ins_first"
	firstName = "first"
)

// sample is a ClerkInstance, and a ClerkUser that leads to it.
type sample struct {
	instance *v1alpha1.ClerkInstance
	user     *v1alpha1.ClerkUser
}

// samples have a checked key except for the last one, and together each value that a label gets from a ClerkInstance.
func samples() []sample {
	return []sample{
		newSample(firstName, firstID, v1alpha1.EnvironmentProduction),
		newSample("second", "ins_second", v1alpha1.EnvironmentDevelopment),
		newSample("unchecked", "", ""),
	}
}

func newSample(name, instanceID string, environment v1alpha1.Environment) sample {
	ready := []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonKeyAccepted,
		LastTransitionTime: metav1.Now(), ObservedGeneration: 1,
	}}
	object := metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID(name), Generation: 1}
	return sample{
		instance: &v1alpha1.ClerkInstance{
			ObjectMeta: object,
			Status:     v1alpha1.ClerkInstanceStatus{InstanceID: instanceID, Environment: environment, Conditions: ready},
		},
		user: &v1alpha1.ClerkUser{
			ObjectMeta: object,
			Spec:       v1alpha1.ClerkUserSpec{InstanceRef: &v1alpha1.InstanceReference{Name: name}},
		},
	}
}

// isSample reports whether the value of a label is the name or the Clerk instance of a sample.
func isSample(value string) bool {
	return value != "" && slices.ContainsFunc(samples(), func(s sample) bool {
		return value == s.instance.Name || value == s.instance.Namespace || value == s.instance.Status.InstanceID
	})
}
