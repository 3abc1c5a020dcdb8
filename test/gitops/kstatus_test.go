// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/kstatus"
)

// TestKstatus compares the rules that stories use with the library, for every combination of conditions.
func TestKstatus(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, ready := range []string{"", "True", "False", "Unknown"} {
		for _, others := range [][]string{
			nil, {"Stalled"}, {"Reconciling"}, {"Suspended"}, {"Reconciling", "Stalled"}, {"Stalled", "Reconciling"}, {"Suspended", "Stalled"},
		} {
			for _, observed := range []int64{-1, 1, 2} {
				for _, deleted := range []bool{false, true} {
					user := userWith(ready, others, observed, deleted)
					want := computed(t, user)
					seen[want]++
					if got := kstatus.Of(user, observed, user.Status.Conditions); got != want {
						t.Errorf("Ready %q beside %v, observedGeneration %d of 2, deleted %t: %s, and the library says %s",
							ready, others, observed, deleted, got, want)
					}
				}
			}
		}
	}
	for _, one := range []string{kstatus.Current, kstatus.InProgress, kstatus.Failed, kstatus.Terminating} {
		if seen[one] == 0 {
			t.Errorf("no status was %s: %v", one, seen)
		}
	}
}

func userWith(ready string, others []string, observed int64, deleted bool) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClerkUser"}}
	user.Name, user.Generation, user.Status.ObservedGeneration = "ann", 2, observed
	if deleted {
		user.DeletionTimestamp = &metav1.Time{Time: time.Unix(1_800_000_000, 0)}
	}
	if ready != "" {
		user.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionStatus(ready)}}
	}
	for _, kind := range others {
		user.Status.Conditions = append(user.Status.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionTrue})
	}
	return user
}

// computed is what the library makes of an object.
func computed(t *testing.T, user *v1alpha1.ClerkUser) string {
	t.Helper()
	text, err := json.Marshal(user)
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	result, err := status.Compute(o)
	if err != nil {
		t.Fatal(fmt.Errorf("computing the status of %s: %w", text, err))
	}
	return result.Status.String()
}
