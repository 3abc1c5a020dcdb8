// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"errors"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

func pendingOf(uid string) *v1alpha1.PendingDeletion {
	return &v1alpha1.PendingDeletion{
		UID: uid, Namespace: testNamespace, Name: "ann", UserID: "user_1", Policy: v1alpha1.DeletionDelete, Since: metav1.NewTime(start),
	}
}

// TestPendingDeletionIsOnRecord counts a removal and puts it on record in one write, with and without a limit.
func TestPendingDeletionIsOnRecord(t *testing.T) {
	t.Parallel()
	full := &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 3}
	var many []v1alpha1.PendingDeletion
	for i := range v1alpha1.MaxPendingDeletions {
		many = append(many, *pendingOf(fmt.Sprint("uid-", i)))
	}
	tests := map[string]struct {
		maxCount int32
		count    *v1alpha1.DeletionCount
		have     []v1alpha1.PendingDeletion
		counted  bool
		want     int
		held     bool
		waits    bool
	}{
		"WithoutALimit":   {want: 1},
		"WithALimit":      {maxCount: 3, counted: true, want: 1},
		"Held":            {maxCount: 3, count: full, held: true},
		"CountedBefore":   {maxCount: 3, count: &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 3, Users: []string{"user_1"}}, counted: true, want: 1},
		"OnRecordAlready": {have: []v1alpha1.PendingDeletion{*pendingOf("uid")}, want: 1},
		"TooMany":         {maxCount: 3, have: many, want: len(many), waits: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance()
			instance.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: &tc.maxCount, Window: &metav1.Duration{Duration: time.Hour}}
			instance.Status.Deletions, instance.Status.PendingDeletions = tc.count, tc.have
			b := newTestBrake(t, instance)
			request := through(instance, "user_1")
			request.Pending = pendingOf("uid")
			counted, err := b.Count(t.Context(), request)
			_, held := errors.AsType[*reconcile.Problem](err)
			_, waits := errors.AsType[*reconcile.WaitError](err)
			if counted != tc.counted || held != tc.held || waits != tc.waits || (err != nil) != (held || waits) {
				t.Errorf("counted: %t, error %v", counted, err)
			}
			stored := &v1alpha1.ClerkInstance{}
			if err := b.Client.Get(t.Context(), client.ObjectKeyFromObject(instance), stored); err != nil {
				t.Fatal(err)
			}
			if n := len(stored.Status.PendingDeletions); n != tc.want {
				t.Errorf("%d pending deletions are on record, want %d", n, tc.want)
			}
			if tc.waits && stored.Status.Deletions != nil {
				t.Error("a removal that is not on record is counted")
			}
		})
	}
}

// TestPendingDeletionIsWithdrawn takes one pending deletion off the record, and leaves what was counted.
func TestPendingDeletionIsWithdrawn(t *testing.T) {
	t.Parallel()
	instance := newTestInstance()
	instance.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 2}
	instance.Status.PendingDeletions = []v1alpha1.PendingDeletion{*pendingOf("uid-1"), *pendingOf("uid-2")}
	b, name := newTestBrake(t, instance), client.ObjectKeyFromObject(instance)
	for i, uid := range []string{"uid-1", "uid-1", "unknown"} {
		if withdrawn, err := b.Withdraw(t.Context(), name, uid); err != nil || withdrawn != (i == 0) {
			t.Fatal(withdrawn, err)
		}
		stored := &v1alpha1.ClerkInstance{}
		if err := b.Client.Get(t.Context(), name, stored); err != nil {
			t.Fatal(err)
		}
		if left := stored.Status.PendingDeletions; len(left) != 1 || left[0].UID != "uid-2" || stored.Status.Deletions.Count != 2 {
			t.Errorf("status is %+v", stored.Status)
		}
	}
	name.Name = "gone"
	if withdrawn, err := b.Withdraw(t.Context(), name, "uid-2"); err != nil || withdrawn {
		t.Error(withdrawn, err)
	}
}
