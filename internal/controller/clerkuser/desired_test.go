// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// What is desired, and the plan for it, are made once for each change of what they rest on.
func TestDesiredIsBuiltOnceForEachChangeOfItsInputs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*reconciliation)
		again  bool
	}{
		"Nothing":         {func(*reconciliation) {}, false},
		"SameRecord":      {func(p *reconciliation) { p.record = plan.NewRecord(&v1alpha1.Applied{}) }, false},
		"Record":          {func(p *reconciliation) { p.record.InheritBan() }, true},
		"Origin":          {func(p *reconciliation) { p.origin = v1alpha1.OriginAdopted }, true},
		"FirstOrigin":     {func(p *reconciliation) { p.origin = v1alpha1.OriginCreated }, false},
		"SourcesReadAnew": {func(p *reconciliation) { p.reads++ }, true},
		"LockWasLifted":   {func(p *reconciliation) { p.fields().unlocked = true }, true},
		"SpecIsInvalid":   {func(p *reconciliation) { p.onlyRestricts = true; p.origin = v1alpha1.OriginAdopted }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := thinking(t, newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(false) }))
			before, user := p.desired, atClerk("ann@example.com")
			if len(p.diff(user)) == 0 {
				t.Fatal("nothing differs")
			}
			planned := &p.diff(user)[0]
			if &p.diff(user)[0] != planned {
				t.Error("the same is planned twice")
			}
			tc.change(p)
			if err := p.buildDesired(); err != nil {
				t.Fatal(err)
			}
			if again := p.desired != before; again != tc.again {
				t.Errorf("desired is built again: %t, want %t", again, tc.again)
			}
			if again := &p.diff(user)[0] != planned; again != tc.again {
				t.Errorf("the plan is made again: %t, want %t", again, tc.again)
			}
		})
	}
}
