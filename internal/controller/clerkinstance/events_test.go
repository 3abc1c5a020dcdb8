// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// TestEventsOfReadySayWhatItMeansForUsers goes through changes of Ready, each of which has one event.
func TestEventsOfReadySayWhatItMeansForUsers(t *testing.T) {
	t.Parallel()
	stopped, open := &connection.State{Problem: "bad"}, &connection.State{Connection: &connection.Connection{}}
	on := func(ready metav1.ConditionStatus, reason string, state *connection.State) result {
		return result{Result: reconcile.Result{Ready: ready, Reason: reason, Message: "because"}, state: state}
	}
	accepted := on(metav1.ConditionTrue, v1alpha1.ReasonKeyAccepted, open)
	stale := on(metav1.ConditionFalse, v1alpha1.ReasonMirrorStale, open)
	rejected := on(metav1.ConditionFalse, v1alpha1.ReasonKeyRejected, stopped)
	odd := on(metav1.ConditionFalse, v1alpha1.ReasonUnexpectedAnswer, nil)
	tests := map[string]struct {
		users   int64
		results []result
		want    []string
	}{
		"FirstAccepted":       {3, []result{accepted}, []string{"Normal KeyAccepted because"}},
		"Rejected":            {3, []result{rejected}, []string{"Warning KeyRejected because; until then 3 ClerkUsers are not reconciled"}},
		"RejectedWithOneUser": {1, []result{rejected}, []string{"Warning KeyRejected because; until then 1 ClerkUser is not reconciled"}},
		"RejectedWithNoUser":  {0, []result{rejected}, []string{"Warning KeyRejected because"}},
		"AcceptedAgain": {3, []result{rejected, accepted, accepted}, []string{
			"Warning KeyRejected because; until then 3 ClerkUsers are not reconciled", "Normal KeyAccepted because; 3 ClerkUsers are reconciled again",
		}},
		"Stale": {2, []result{accepted, stale, stale, accepted}, []string{
			"Normal KeyAccepted because", "Warning MirrorStale because; this concerns 2 ClerkUsers",
			"Normal KeyAccepted the operator reads Clerk's list of users again and notices changes made at Clerk",
		}},
		"KeptConnection": {2, []result{odd}, []string{"Warning UnexpectedAnswer because"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, &clock{at: start}, newTestInstance())
			for _, v := range tc.results {
				if err := reportOf(t, r, read(t, r), outcome{counted: true, counts: counts{users: tc.users}}, v); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.want, told(r)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEventsOfHeldUsersTellTurnsOnly has the deletion brake and a mass absence begin, grow, shrink and end.
func TestEventsOfHeldUsersTellTurnsOnly(t *testing.T) {
	t.Parallel()
	c := &clock{at: start}
	r := newTestReconciler(t, c, newTestInstance())
	for _, step := range []struct {
		deleting, waiting, absent int
		want                      []string
	}{
		{0, 0, 0, []string{"Normal KeyAccepted good"}},
		{2, 0, 0, []string{"Warning DeletionsHeld the deletion brake holds 2 ClerkUsers"}},
		{5, 0, 0, nil},
		{5, 7, 7, []string{"Warning MassAbsence Clerk's lists no longer show the users of 7 ClerkUsers"}},
		{0, 7, 7, []string{"Normal DeletionsResumed the deletion brake holds no ClerkUser any more"}},
		{0, 4, 0, nil},
		{0, 0, 0, []string{"Normal MassAbsenceEnded no ClerkUser waits any more because"}},
		{0, 1, 0, []string{"Warning DeletionsHeld the deletion brake holds 1 ClerkUser;"}},
		{0, 0, 0, []string{"Normal DeletionsResumed the deletion brake"}},
	} {
		c.at = c.at.Add(r.CountInterval)
		o := outcome{counted: true, massAbsent: int64(step.absent)}
		o.counts.held, o.counts.waiting = int64(step.deleting+step.waiting), make([]string, step.waiting)
		for range 2 {
			if err := reportOf(t, r, read(t, r), o, accepted()); err != nil {
				t.Fatal(err)
			}
		}
		got := told(r)
		for i, text := range got {
			if strings.HasPrefix(text, "Warning") && !strings.Contains(text, "kubectl annotate clerkinstance -n") {
				t.Errorf("%q does not say how to release them", text)
			}
			if i < len(step.want) && strings.HasPrefix(text, step.want[i]) {
				got[i] = step.want[i]
			}
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("with %d deletions held and %d of %d users missing, events (-want +got):\n%s", step.deleting, step.absent, step.waiting, diff)
		}
	}
}
