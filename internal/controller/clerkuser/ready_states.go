// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// ReadyState is a status and a reason that the condition Ready of a ClerkUser can have.
type ReadyState struct {
	Status metav1.ConditionStatus
	Reason string
}

// Event returns the type of the event that says that Ready came to this state; "" if there is none. The ClerkInstance has the event
// about its own state.
func (s ReadyState) Event() string {
	switch {
	case s.Status != metav1.ConditionFalse || s.Reason == v1alpha1.ReasonInstanceNotReady:
		return ""
	case s.Reason == v1alpha1.ReasonDeletionPending || s.Reason == v1alpha1.ReasonWaitingForDeletion:
		return corev1.EventTypeNormal
	default:
		return corev1.EventTypeWarning
	}
}

// ReadyStates returns every ReadyState that the controller can set. Unknown and Suspended stand for a suspended object without
// Ready. Metrics have one series for each, from the start.
func ReadyStates() []ReadyState {
	var states []ReadyState
	for _, reason := range []string{v1alpha1.ReasonContended, v1alpha1.ReasonInSync, v1alpha1.ReasonObserved} {
		states = append(states, ReadyState{metav1.ConditionTrue, reason})
	}
	for _, reason := range []string{
		v1alpha1.ReasonAlreadyExists, v1alpha1.ReasonAmbiguous, v1alpha1.ReasonConfigMapNotFound, v1alpha1.ReasonConflict,
		v1alpha1.ReasonDeletionBlocked, v1alpha1.ReasonDeletionHeld, v1alpha1.ReasonDeletionPending, v1alpha1.ReasonInstanceChanged,
		v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInvalidSpec,
		v1alpha1.ReasonInvalidStatus, v1alpha1.ReasonMissing, v1alpha1.ReasonNotAllowed, v1alpha1.ReasonNotKept,
		v1alpha1.ReasonRejectedByClerk, v1alpha1.ReasonRetrying, v1alpha1.ReasonSecretNotFound,
		v1alpha1.ReasonWaitingForDeletion,
	} {
		states = append(states, ReadyState{metav1.ConditionFalse, reason})
	}
	for _, reason := range []string{v1alpha1.ReasonSuspended, v1alpha1.ReasonWaiting} {
		states = append(states, ReadyState{metav1.ConditionUnknown, reason})
	}
	return states
}
