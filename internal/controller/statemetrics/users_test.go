// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const oldestOfOne = "users_oldest_not_ready_timestamp_seconds clerk_instance=ins_1"

// TestTimesBeforeTheCreationDoNotCount has a ClerkUser whose status somebody edited.
func TestTimesBeforeTheCreationDoNotCount(t *testing.T) {
	t.Parallel()
	for name, year := range map[string]int{"BeforeEpoch": 1969, "AtEpoch": 1970, "BeforeTheCreation": 2025} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newUser("team", "ann", ready(metav1.ConditionFalse, v1alpha1.ReasonRetrying, 0))
			user.Status.Conditions[0].LastTransitionTime = metav1.NewTime(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
			c := newTestCollector()
			fill(c, newInstance("team", "default", "ins_1"), user, newUser("team", "bob", ready(metav1.ConditionFalse, v1alpha1.ReasonRetrying, 5)))
			expect(t, c, of("users_oldest_not_ready_timestamp_seconds"), map[string]float64{oldestOfOne: float64(since(0))})
		})
	}
}

// TestWhoWaitsForADeletionIsNotOutOfSync has users that wait as they should, and one that does not.
func TestWhoWaitsForADeletionIsNotOutOfSync(t *testing.T) {
	t.Parallel()
	c := newTestCollector()
	fill(c, newInstance("team", "default", "ins_1"), newUser("team", "ann", ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionPending, 1)),
		newUser("team", "bob", ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld, 2)))
	expect(t, c, of("users_oldest_not_ready_timestamp_seconds"), map[string]float64{})
	fill(c, newUser("team", "cat", ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionBlocked, 3)))
	expect(t, c, of("users_oldest_not_ready_timestamp_seconds"), map[string]float64{oldestOfOne: float64(since(3))})
}
