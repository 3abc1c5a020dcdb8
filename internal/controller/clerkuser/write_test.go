// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestCauseOfAChange(t *testing.T) {
	t.Parallel()
	rename := plan.Update{Params: clerk.UpdateUserParams{FirstName: ptr.To("Ann")}}
	mark := plan.MergeMetadata{}
	tests := map[string]struct {
		change plan.Change
		given  func(*reconciliation)
		want   audit.Cause
	}{
		"NewSpec":           {rename, func(*reconciliation) {}, audit.CauseSpec},
		"SpecWasApplied":    {rename, func(r *reconciliation) { r.reported = true }, audit.CauseDrift},
		"AppliedInPart":     {rename, func(r *reconciliation) { r.partlyApplied = true }, audit.CauseDrift},
		"WasPending":        {rename, func(r *reconciliation) { r.reported, r.pendingBefore = true, []string{"firstName"} }, audit.CauseSpec},
		"NewSource":         {rename, func(r *reconciliation) { r.reported, r.sourcesChanged = true, true }, audit.CauseSource},
		"NewSpecAndSource":  {rename, func(r *reconciliation) { r.sourcesChanged = true }, audit.CauseSpec},
		"MarkOfNewUser":     {mark, func(*reconciliation) {}, audit.CauseSpec},
		"MarkIsRestored":    {mark, func(r *reconciliation) { r.reported = true }, audit.CauseDrift},
		"Creation":          {plan.Create{}, func(*reconciliation) {}, audit.CauseSpec},
		"CreationIsRetried": {plan.Create{}, func(r *reconciliation) { r.reported = true }, audit.CauseSpec},
		"Recreation":        {plan.Create{}, func(r *reconciliation) { r.recreates = true }, audit.CauseDrift},
		"Deletion": {plan.Ban{}, func(r *reconciliation) {
			r.reported, r.user.DeletionTimestamp = true, ptr.To(metav1.NewTime(start))
		}, audit.CauseDeletion},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			tc.given(rec)
			if got := rec.causeOf(tc.change); got != tc.want {
				t.Errorf("the cause is %s, want %s", got, tc.want)
			}
		})
	}
}
