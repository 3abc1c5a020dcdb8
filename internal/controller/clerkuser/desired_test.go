// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// The desired state and its diff are computed once for each change of their inputs.
func TestDesiredIsBuiltOnceForEachChangeOfItsInputs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*reconciliation)
		again  bool
	}{
		"Nothing":         {func(*reconciliation) {}, false},
		"SameRecord":      {func(rec *reconciliation) { rec.record = plan.NewRecord(&v1alpha1.Applied{}) }, false},
		"Record":          {func(rec *reconciliation) { rec.record.InheritBan() }, true},
		"Origin":          {func(rec *reconciliation) { rec.origin = v1alpha1.OriginAdopted }, true},
		"FirstOrigin":     {func(rec *reconciliation) { rec.origin = v1alpha1.OriginCreated }, false},
		"SourcesReadAnew": {func(rec *reconciliation) { rec.reads++ }, true},
		"LockWasLifted":   {func(rec *reconciliation) { rec.fields().unlocked = true }, true},
		"SpecIsInvalid":   {func(rec *reconciliation) { rec.onlyRestricts = true; rec.origin = v1alpha1.OriginAdopted }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := desiredReconciliation(t, newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(false) }))
			before, user := rec.desired, clerkUser("ann@example.com")
			if len(rec.diff(user)) == 0 {
				t.Fatal("nothing differs")
			}
			planned := &rec.diff(user)[0]
			if &rec.diff(user)[0] != planned {
				t.Error("the same is planned twice")
			}
			tc.change(rec)
			if err := rec.buildDesired(); err != nil {
				t.Fatal(err)
			}
			if again := rec.desired != before; again != tc.again {
				t.Errorf("desired is built again: %t, want %t", again, tc.again)
			}
			if again := &rec.diff(user)[0] != planned; again != tc.again {
				t.Errorf("the plan is made again: %t, want %t", again, tc.again)
			}
		})
	}
}
