// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package kstatus says what tools that read kstatus, such as Flux, make of a status. It has the rules of
// github.com/fluxcd/cli-utils/pkg/kstatus/status for kinds that the library does not know. The library itself would raise the
// versions of the operator's own dependencies; test/gitops compares the two.
package kstatus

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The statuses of an object, as kstatus names them.
const (
	InProgress  = "InProgress"
	Failed      = "Failed"
	Current     = "Current"
	Terminating = "Terminating"
)

// Of returns the status of an object with an observedGeneration in its status.
func Of(o metav1.Object, observed int64, conditions []metav1.Condition) string {
	if o.GetDeletionTimestamp() != nil {
		return Terminating
	}
	if observed != o.GetGeneration() {
		return InProgress
	}
	for _, c := range conditions {
		switch {
		case c.Status != metav1.ConditionTrue:
		case c.Type == "Reconciling":
			return InProgress
		case c.Type == "Stalled":
			return Failed
		}
	}
	if ready := meta.FindStatusCondition(conditions, "Ready"); ready != nil && ready.Status != metav1.ConditionTrue {
		return InProgress
	}
	return Current
}
