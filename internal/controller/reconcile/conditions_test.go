// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// written returns conditions as text: type, status, reason, message and generation of each.
func written(conditions []metav1.Condition) string {
	var all []string
	for _, c := range conditions {
		all = append(all, strings.Join([]string{c.Type, string(c.Status), c.Reason, c.Message, string(rune('0' + c.ObservedGeneration))}, " "))
	}
	return strings.Join(all, "; ")
}

func TestConditionsOfAResult(t *testing.T) {
	t.Parallel()
	before := []metav1.Condition{
		{Type: "Theirs", Status: metav1.ConditionTrue, Reason: "Other", Message: "m", ObservedGeneration: 1},
		{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: "Old", Message: "m", ObservedGeneration: 1},
		{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue, Reason: "Old", Message: "m", ObservedGeneration: 1},
	}
	const theirs = "Theirs True Other m 1"
	for name, tc := range map[string]struct {
		result Result
		want   string
	}{
		"Ready":       {Result{Ready: metav1.ConditionTrue, Reason: "Good", Message: "fine"}, "Ready True Good fine 2; " + theirs},
		"NotReady":    {Result{Ready: metav1.ConditionFalse, Reason: "Bad", Message: "off"}, "Ready False Bad off 2; " + theirs},
		"Stalled":     {Result{Ready: metav1.ConditionFalse, Reason: "Bad", Message: "off", Stalled: true}, "Ready False Bad off 2; Stalled True Bad off 2; " + theirs},
		"Reconciling": {Result{Ready: metav1.ConditionUnknown, Reason: "Soon", Message: "on", Reconciling: true}, "Ready Unknown Soon on 2; Reconciling True Soon on 2; " + theirs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := append([]metav1.Condition{}, before...)
			c := Conditions{List: &list, Generation: 2}
			c.SetResult(tc.result)
			if got := written(list); got != tc.want {
				t.Errorf("conditions are\n%s, want\n%s", got, tc.want)
			}
			if ready := c.Find(v1alpha1.ConditionReady); ready == nil || ready.Status != tc.result.Ready {
				t.Errorf("Ready is found as %+v", ready)
			}
			if found := c.Find(v1alpha1.ConditionComplete); found != nil {
				t.Errorf("a condition that is not set is found as %+v", found)
			}
		})
	}
}

func TestConditionsAreShownInOneOrder(t *testing.T) {
	t.Parallel()
	var list []metav1.Condition
	c := Conditions{List: &list, Generation: 1}
	for _, kind := range []string{
		"Z", v1alpha1.ConditionStalled, "A", v1alpha1.ConditionReconciling, v1alpha1.ConditionFailed, v1alpha1.ConditionReady, v1alpha1.ConditionComplete,
	} {
		c.Set(kind, metav1.ConditionTrue, "R", "m")
	}
	const want = "Ready True R m 1; Complete True R m 1; Failed True R m 1; Reconciling True R m 1; Stalled True R m 1; Z True R m 1; A True R m 1"
	if got := written(list); got != want {
		t.Errorf("conditions are\n%s, want\n%s", got, want)
	}
}

func TestOnlySomeConditionsStay(t *testing.T) {
	t.Parallel()
	var list []metav1.Condition
	c := Conditions{List: &list, Generation: 3}
	c.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, "R", "m")
	c.Set(v1alpha1.ConditionFailed, metav1.ConditionFalse, "R", "m")
	c.SetOnly("Why", "how", v1alpha1.ConditionFailed, v1alpha1.ConditionStalled)
	if got, want := written(list), "Failed True Why how 3; Stalled True Why how 3"; got != want {
		t.Errorf("conditions are %s, want %s", got, want)
	}
	c.Remove(v1alpha1.ConditionFailed)
	c.Remove(v1alpha1.ConditionReady)
	if got, want := written(list), "Stalled True Why how 3"; got != want {
		t.Errorf("conditions are %s, want %s", got, want)
	}
}
