// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// TestHoldOfADeletedInstance has users hold an instance for ever while they are being deleted, and others for a time after that.
func TestHoldOfADeletedInstance(t *testing.T) {
	t.Parallel()
	now := start
	r := New(Config{Tools: reconcile.Tools{Now: func() time.Time { return now }}})
	instance := newTestInstance()
	none, live, going := counts{}, counts{needing: 1}, counts{needing: 2, deleting: 1}
	steps := []struct {
		after  time.Duration
		counts counts
		left   time.Duration
		holds  bool
	}{
		{0, live, holdTime, true},
		{holdTime - time.Second, live, time.Second, true},
		{time.Second, live, 0, false},
		{0, going, holdTime, true},
		{time.Hour, going, holdTime, true},
		{0, live, holdTime, true},
		{holdTime, live, 0, false},
		{0, none, 0, false},
	}
	for i, step := range steps {
		now = now.Add(step.after)
		left := r.holdLeft(instance, step.counts)
		if left != step.left || step.counts.holds(left) != step.holds {
			t.Errorf("step %d: held for %s: %t, want %s: %t", i, left, step.counts.holds(left), step.left, step.holds)
		}
	}
}
