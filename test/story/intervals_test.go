// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// errNotYet is what a check returns while it has nothing better to say.
var errNotYet = errors.New("not yet")

// slow keeps the operator from looking by itself, so that a story can count what one change costs.
func slow(i *v1alpha1.ClerkInstance) {
	i.Spec.Drift = &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Hour}}
}

// quick lets it look again.
func quick(i *v1alpha1.ClerkInstance) {
	i.Spec.Drift = &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: driftInterval}}
}
