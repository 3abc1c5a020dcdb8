// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// findings returns what the conditions of an object say, the decisive one first; none if it has no conditions.
func findings(subject reasons.Subject, object client.Object) []Finding {
	var found []Finding
	for _, c := range decisive(subject.Kind, stateOf(object).conditions) {
		one := newFinding(subject, c)
		one.Former = c.ObservedGeneration < object.GetGeneration()
		found = append(found, one)
	}
	return found
}

// newFinding returns what the table of reasons says about a condition.
func newFinding(subject reasons.Subject, c metav1.Condition) Finding {
	found := Finding{Condition: c.Type, Status: c.Status, Reason: c.Reason, Message: c.Message}
	if !c.LastTransitionTime.IsZero() {
		found.Since = c.LastTransitionTime.DeepCopy()
	}
	advice, known := reasons.Advise(subject, c)
	if !known {
		found.Meaning = "This version of the plugin does not know the reason; use the plugin of the operator's version."
		return found
	}
	found.Meaning, found.TriesAgain = reasons.Plain(advice.Meaning), reasons.Plain(advice.Retry)
	found.Urgency, found.WhatToDo, found.Commands, found.names = advice.Urgency, reasons.Plain(advice.Case.Remedy), advice.Commands, advice.Names
	if strings.Contains(advice.Retry, v1alpha1.AnnotationReconcileRequestedAt) {
		found.Commands = append(found.Commands, requestCommand(subject))
	}
	return found
}

// requestCommand is the command that has an object reconciled now.
func requestCommand(s reasons.Subject) string {
	return fmt.Sprintf(`kubectl annotate %s -n %s %s --overwrite %s="$(date -u +%%FT%%TZ)"`,
		strings.ToLower(s.Kind), s.Namespace, s.Name, v1alpha1.AnnotationReconcileRequestedAt)
}

// decisive returns the conditions that say what the operator does with an object, the most important one first.
func decisive(kind string, conditions []metav1.Condition) []metav1.Condition {
	var found []metav1.Condition
	add := func(c *metav1.Condition) {
		if c != nil {
			found = append(found, *c)
		}
	}
	if kind == reasons.KindAction {
		for _, name := range []string{v1alpha1.ConditionFailed, v1alpha1.ConditionComplete, v1alpha1.ConditionReconciling} {
			if c := meta.FindStatusCondition(conditions, name); c != nil && len(found) == 0 {
				add(c)
			}
		}
		return found
	}
	add(meta.FindStatusCondition(conditions, v1alpha1.ConditionSuspended))
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	now := meta.FindStatusCondition(conditions, v1alpha1.ConditionReconciling)
	if now != nil && (ready == nil || now.Reason != ready.Reason || now.Message != ready.Message) {
		add(now)
	}
	add(ready)
	return found
}

// state is the part of status that all kinds have.
type state struct {
	conditions         []metav1.Condition
	observedGeneration int64
	undecoded          v1alpha1.FieldPaths
}

func stateOf(object client.Object) state {
	switch o := object.(type) {
	case *v1alpha1.ClerkUser:
		return state{o.Status.Conditions, o.Status.ObservedGeneration, o.Undecoded.All()}
	case *v1alpha1.ClerkInstance:
		return state{o.Status.Conditions, o.Status.ObservedGeneration, o.Undecoded.All()}
	case *v1alpha1.ClerkUserAction:
		return state{o.Status.Conditions, o.Status.ObservedGeneration, o.Undecoded.All()}
	default:
		return state{}
	}
}
