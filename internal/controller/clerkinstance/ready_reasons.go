// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import "github.com/clerk-operator/clerk-operator/api/v1alpha1"

// ReadyReasons returns every reason that the condition Ready of a ClerkInstance can have. Metrics have one series for each.
func ReadyReasons() []string {
	return []string{
		v1alpha1.ReasonAPIHostNotAllowed, v1alpha1.ReasonDeleting, v1alpha1.ReasonInstanceChanged, v1alpha1.ReasonInvalidKey,
		v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonInvalidStatus, v1alpha1.ReasonKeyAccepted, v1alpha1.ReasonKeyRejected,
		v1alpha1.ReasonMirrorStale, v1alpha1.ReasonRejectedByClerk, v1alpha1.ReasonSecretNotFound,
		v1alpha1.ReasonUnexpectedAnswer, v1alpha1.ReasonWaiting,
	}
}
