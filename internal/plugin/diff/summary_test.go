// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/preview"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	call := func(operation string, after time.Duration) []preview.Call {
		return []preview.Call{{Operation: operation, After: after}}
	}
	users := func(n int, object preview.Object) []preview.Object {
		var all []preview.Object
		for range n {
			object.Kind = "ClerkUser"
			all = append(all, object)
		}
		return all
	}
	join := func(lists ...[]preview.Object) []preview.Object {
		var all []preview.Object
		for _, list := range lists {
			all = append(all, list...)
		}
		return all
	}
	state := func(status metav1.ConditionStatus, reason string) *metav1.Condition {
		return &metav1.Condition{Status: status, Reason: reason}
	}
	blocked := func(reason string) preview.Object { return preview.Object{Ready: state(metav1.ConditionFalse, reason)} }
	changed := preview.Object{Calls: call("update_user", 0)}
	created := preview.Object{Calls: call("create_user", 0)}
	tests := map[string]struct {
		objects []preview.Object
		refused int
		want    string
		found   bool
	}{
		"Nothing":      {nil, 0, "no user is affected", false},
		"OneUnchanged": {users(1, preview.Object{}), 0, "1 user is unchanged", false},
		"OneChanges":   {users(1, changed), 0, "1 user changes", true},
		"Several": {
			join(users(3, changed), users(1, created), users(1, preview.Object{Calls: call("delete_user", 30*time.Second)}),
				users(2, preview.Object{Calls: call("delete_user", 0)}), users(2, preview.Object{}), users(1, blocked("AlreadyExists"))),
			0, "3 users change, 1 is created, 2 are deleted, 1 is deleted after 30s, 2 are unchanged, 1 is not as declared: AlreadyExists", true,
		},
		"TwoReasons": {
			join(users(2, blocked("Conflict")), users(1, blocked("AlreadyExists"))),
			0, "1 user is not as declared: AlreadyExists, 2 are not as declared: Conflict", true,
		},
		"ObservedIsNotBlocked":  {users(2, preview.Object{Ready: state(metav1.ConditionTrue, "Observed")}), 0, "2 users are unchanged", false},
		"SuspendedIsNotBlocked": {users(1, blocked("Suspended")), 0, "1 user is unchanged", false},
		"BlockedInPart": {
			users(1, preview.Object{Calls: call("update_user", 0), Ready: state(metav1.ConditionFalse, "RejectedByClerk")}), 0, "1 user changes", true,
		},
		"OnlyRefusedCalls": {
			users(1, preview.Object{
				Calls: []preview.Call{{Operation: "create_user", Refused: "taken"}}, Ready: state(metav1.ConditionFalse, "RejectedByClerk"),
			}), 0, "1 user is not as declared: RejectedByClerk", true,
		},
		"CreatedAndBanned": {
			users(1, preview.Object{Calls: append(call("create_user", 0), call("ban_user", 0)...)}), 0, "1 user is created", true,
		},
		"Released": {users(1, preview.Object{Deleted: true}), 0, "1 user is released", true},
		"HeldByTheBrake": {
			users(1, preview.Object{Deleted: true, Ready: state(metav1.ConditionFalse, "DeletionHeld")}), 0,
			"1 user is not as declared: DeletionHeld", true,
		},
		"Action": {
			append(users(1, preview.Object{}), preview.Object{Kind: "ClerkUserAction", New: true}), 0, "1 user is unchanged, 1 action runs", true,
		},
		"ActionThatHasRun": {append(users(1, preview.Object{}), preview.Object{Kind: "ClerkUserAction"}), 0, "1 user is unchanged", false},
		"Refused":          {users(1, created), 2, "1 user is created, 2 objects are refused by the API server", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			summary := reportOf(preview.Result{Objects: tc.objects}, nil, make([]Refusal, tc.refused), nil).Summary
			if got := summary.String(); got != tc.want {
				t.Errorf("String() = %q, want %q", got, tc.want)
			}
			if got := summary.found(); got != tc.found {
				t.Errorf("found() = %t, want %t", got, tc.found)
			}
		})
	}
}
