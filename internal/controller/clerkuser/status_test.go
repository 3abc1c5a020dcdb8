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

func TestWaitingGeneration(t *testing.T) {
	t.Parallel()
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	missing := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInstanceNotFound, Message: "none"}}
	fails := result{Result: reconcile.Result{Unchanged: true}, waitingGeneration: &waitingGeneration{v1alpha1.ReasonRetrying, "503"}}
	waits := result{Result: reconcile.Result{Unchanged: true}, waitingGeneration: &waitingGeneration{v1alpha1.ReasonWaiting, "a token"}}
	silent := result{Result: reconcile.Result{Unchanged: true}, silent: true}
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended, Message: "suspended"}}
	was := conditionText{"Ready", "True", "InSync", 3}
	tests := map[string]struct {
		before result
		after  []result
		want   []conditionText
	}{
		"FailureIsReportedBesideTheEarlierResult": {inSync, []result{fails}, []conditionText{was, {"Reconciling", "True", "Retrying", 4}}},
		"WaitIsTold":                   {inSync, []result{waits}, []conditionText{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitIsNot":               {inSync, []result{silent}, []conditionText{was}},
		"FirstCauseStays":              {inSync, []result{waits, fails, waits}, []conditionText{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitLeavesIt":            {inSync, []result{fails, silent}, []conditionText{was, {"Reconciling", "True", "Retrying", 4}}},
		"StallIsOver":                  {invalid, []result{fails}, []conditionText{{"Ready", "False", "InvalidSpec", 3}, {"Reconciling", "True", "Retrying", 4}}},
		"EndsWithTheResult":            {inSync, []result{fails, inSync}, []conditionText{{"Ready", "True", "InSync", 4}}},
		"EndsWithAStall":               {inSync, []result{fails, invalid}, []conditionText{{"Ready", "False", "InvalidSpec", 4}, {"Stalled", "True", "InvalidSpec", 4}}},
		"EndsWithSuspension":           {inSync, []result{fails, suspended}, []conditionText{was}},
		"ResultThatIsNotFinalIsEnough": {inSync, []result{missing, fails}, []conditionText{{"Ready", "False", "InstanceNotFound", 4}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Generation = 3 })
			fillConditions(user, tc.before)
			fillConditions(user, fails)
			if len(user.Status.Conditions) > 2 || user.Status.Conditions[0].ObservedGeneration != 3 {
				t.Errorf("a failure changes the result of its own generation: %+v", conditionsOf(user))
			}
			user.Generation++
			for _, res := range tc.after {
				fillConditions(user, res)
			}
			if diff := cmp.Diff(tc.want, conditionsOf(user)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhenAWaitingGenerationIsReported(t *testing.T) {
	t.Parallel()
	token := func(d time.Duration) error { return &clerk.WaitError{At: start.Add(d)} }
	again := &reconcile.WaitError{After: time.Second, Err: errNotVisibleYet}
	tests := map[string]struct {
		waited time.Duration
		err    error
		want   string
	}{
		"Failure":                {0, errors.New("what is this"), v1alpha1.ReasonRetrying},
		"TokenSoon":              {0, token(reconcilingAfter - time.Second), ""},
		"TokenLater":             {0, token(reconcilingAfter), v1alpha1.ReasonWaiting},
		"TokenSoonAfterAWait":    {reconcilingAfter - time.Second, token(reconcilingAfter + time.Second), v1alpha1.ReasonWaiting},
		"SlowedDownByClerk":      {0, readError(t, answeringTransport(429, "")), v1alpha1.ReasonWaiting},
		"NotVisibleYet":          {0, again, ""},
		"NotVisibleForAWhile":    {reconcilingAfter, again, v1alpha1.ReasonWaiting},
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
			newTestReconciliation(t, r, newTestUser("ann"))
			c.advance(tc.waited)
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.err = tc.err
			res := resultFor(rec)
			if got := res.waitingGeneration; (got != nil) != (tc.want != "") || got != nil && got.reason != tc.want {
				t.Errorf("waitingGeneration is %+v, want %q", got, tc.want)
			}
		})
	}
}
