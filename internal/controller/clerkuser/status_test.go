// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

func TestPendingGeneration(t *testing.T) {
	t.Parallel()
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	missing := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInstanceNotFound, Message: "none"}}
	fails := result{Result: reconcile.Result{Unchanged: true}, pending: &pending{v1alpha1.ReasonRetrying, "503"}}
	waits := result{Result: reconcile.Result{Unchanged: true}, pending: &pending{v1alpha1.ReasonWaiting, "a token"}}
	silent := result{Result: reconcile.Result{Unchanged: true}, silent: true}
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended, Message: "suspended"}}
	was := said{"Ready", "True", "InSync", 3}
	tests := map[string]struct {
		before result
		after  []result
		want   []said
	}{
		"FailureIsToldBesideTheVerdictBefore": {inSync, []result{fails}, []said{was, {"Reconciling", "True", "Retrying", 4}}},
		"WaitIsTold":                          {inSync, []result{waits}, []said{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitIsNot":                      {inSync, []result{silent}, []said{was}},
		"FirstCauseStays":                     {inSync, []result{waits, fails, waits}, []said{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitLeavesIt":                   {inSync, []result{fails, silent}, []said{was, {"Reconciling", "True", "Retrying", 4}}},
		"StallIsOver":                         {invalid, []result{fails}, []said{{"Ready", "False", "InvalidSpec", 3}, {"Reconciling", "True", "Retrying", 4}}},
		"EndsWithTheVerdict":                  {inSync, []result{fails, inSync}, []said{{"Ready", "True", "InSync", 4}}},
		"EndsWithAStall":                      {inSync, []result{fails, invalid}, []said{{"Ready", "False", "InvalidSpec", 4}, {"Stalled", "True", "InvalidSpec", 4}}},
		"EndsWithSuspension":                  {inSync, []result{fails, suspended}, []said{was}},
		"VerdictThatIsNotTheLastSaysEnough":   {inSync, []result{missing, fails}, []said{{"Ready", "False", "InstanceNotFound", 4}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Generation = 3 })
			fillConditions(user, tc.before)
			fillConditions(user, fails)
			if len(user.Status.Conditions) > 2 || user.Status.Conditions[0].ObservedGeneration != 3 {
				t.Errorf("a failure changes the verdict on its own generation: %+v", saidBy(user))
			}
			user.Generation++
			for _, v := range tc.after {
				fillConditions(user, v)
			}
			if diff := cmp.Diff(tc.want, saidBy(user)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhenAPendingGenerationIsTold(t *testing.T) {
	t.Parallel()
	turn := func(d time.Duration) error { return &clerk.WaitError{At: start.Add(d)} }
	again := &reconcile.WaitError{After: time.Second, Err: errNotVisibleYet}
	tests := map[string]struct {
		waited time.Duration
		err    error
		want   string
	}{
		"Failure":                {0, errors.New("what is this"), v1alpha1.ReasonRetrying},
		"TurnSoon":               {0, turn(ownPace - time.Second), ""},
		"TurnLater":              {0, turn(ownPace), v1alpha1.ReasonWaiting},
		"TurnSoonAfterAWait":     {ownPace - time.Second, turn(ownPace + time.Second), v1alpha1.ReasonWaiting},
		"SlowedDownByClerk":      {0, readError(t, answering(429, "")), v1alpha1.ReasonWaiting},
		"NotVisibleYet":          {0, again, ""},
		"NotVisibleForAWhile":    {ownPace, again, v1alpha1.ReasonWaiting},
		"InstanceUnknown":        {0, errInstanceUnknown, ""},
		"InstanceUnknownForLong": {reconcile.Impatience, errInstanceUnknown, v1alpha1.ReasonWaiting},
		"NotReadForLong":         {reconcile.Impatience, errNotRead, v1alpha1.ReasonWaiting},
		"AnotherCopyIsComing":    {time.Hour, reconcile.ErrOutdated, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			newTestPass(t, r, newTestUser("ann"))
			c.advance(tc.waited)
			p := newTestPass(t, r, newTestUser("ann"))
			p.err = tc.err
			v := resultFor(p)
			if got := v.pending; (got != nil) != (tc.want != "") || got != nil && got.reason != tc.want {
				t.Errorf("pending is %+v, want %q", got, tc.want)
			}
		})
	}
}
