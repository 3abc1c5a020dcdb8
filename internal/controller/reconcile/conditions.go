// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Conditions are the conditions in an object's status, which are set for one generation of it.
type Conditions struct {
	List       *[]metav1.Condition
	Generation int64
}

// order in which conditions are shown. Columns show the first one.
func order() []string {
	return []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSuspended, v1alpha1.ConditionComplete, v1alpha1.ConditionFailed,
		v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	}
}

// Find returns a condition; nil if it is not set.
func (c Conditions) Find(kind string) *metav1.Condition {
	return meta.FindStatusCondition(*c.List, kind)
}

// Set sets a condition for the present generation.
func (c Conditions) Set(kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(c.List, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: c.Generation,
	})
	place := func(c metav1.Condition) int {
		if i := slices.Index(order(), c.Type); i >= 0 {
			return i
		}
		return len(order())
	}
	slices.SortStableFunc(*c.List, func(a, b metav1.Condition) int { return place(a) - place(b) })
}

// Remove removes a condition, if it is set.
func (c Conditions) Remove(kind string) { meta.RemoveStatusCondition(c.List, kind) }

// SetResult sets Ready as a result says, and sets or removes Stalled and Reconciling. It is not for a result that leaves the
// conditions unchanged.
func (c Conditions) SetResult(r Result) {
	c.Set(v1alpha1.ConditionReady, r.Ready, r.Reason, r.Message)
	c.setOrRemove(r.Stalled, v1alpha1.ConditionStalled, r.Reason, r.Message)
	c.setOrRemove(r.Reconciling, v1alpha1.ConditionReconciling, r.Reason, r.Message)
}

// SetOnly sets these conditions to True and removes all others.
func (c Conditions) SetOnly(reason, message string, kinds ...string) {
	*c.List = slices.DeleteFunc(*c.List, func(c metav1.Condition) bool { return !slices.Contains(kinds, c.Type) })
	for _, kind := range kinds {
		c.Set(kind, metav1.ConditionTrue, reason, message)
	}
}

func (c Conditions) setOrRemove(holds bool, kind, reason, message string) {
	if !holds {
		c.Remove(kind)
		return
	}
	c.Set(kind, metav1.ConditionTrue, reason, message)
}
