// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func arrivalAfter(waited, window time.Duration) Arrival {
	start := time.Unix(1_800_000_000, 0)
	return Arrival{Now: start.Add(waited), Since: start, Window: window}
}

func TestArrival(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, tc := range map[string]struct{ waited, window, left, silence time.Duration }{
		"AtFirst":         {0, 30 * s, 30 * s, 5 * s},
		"Silent":          {4 * s, 30 * s, 26 * s, s},
		"Said":            {5 * s, 30 * s, 25 * s, 0},
		"SaidUntil":       {25*s - 1, 30 * s, 5*s + 1, 0},
		"ShortlyBefore":   {25 * s, 30 * s, 5 * s, 5 * s},
		"Over":            {30 * s, 30 * s, 0, 0},
		"LongOver":        {time.Hour, 30 * s, 0, 0},
		"ShortWindow":     {s, 2 * s, s, s},
		"NoWindow":        {0, 0, 0, 0},
		"ClockWasSetBack": {-time.Hour, 30 * s, 30 * s, 5 * s},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := arrivalAfter(tc.waited, tc.window)
			if a.Left() != tc.left || a.Silence() != tc.silence {
				t.Errorf("left %s, silence %s; want %s, %s", a.Left(), a.Silence(), tc.left, tc.silence)
			}
		})
	}
}

// TestMissingSourceIsReadOftenAtFirst follows the reads of a Secret that never comes.
func TestMissingSourceIsReadOftenAtFirst(t *testing.T) {
	t.Parallel()
	reads, waited, last := 0, time.Duration(0), time.Duration(0)
	for waited < 4*time.Minute {
		next := arrivalAfter(waited, DefaultApplyWindow).Poll(time.Minute)
		if next < last || next > time.Minute || waited < 20*time.Second && next > 5*time.Second {
			t.Errorf("after %s and a pause of %s, the next read comes after %s", waited, last, next)
		}
		reads, waited, last = reads+1, waited+next, next
	}
	if last < 45*time.Second || reads > 20 {
		t.Errorf("%d reads in %s, the last pause was %s", reads, waited, last)
	}
	if got := arrivalAfter(0, 0).Poll(time.Second); got != time.Second {
		t.Errorf("with an interval of 1 s, the next read comes after %s", got)
	}
}

func TestReported(t *testing.T) {
	t.Parallel()
	result := Result{Ready: metav1.ConditionFalse, Reason: "SecretNotFound", Message: "no Secret"}
	for name, tc := range map[string]struct {
		was  metav1.Condition
		want bool
	}{
		"Nothing":               {metav1.Condition{}, false},
		"Unknown":               {metav1.Condition{Status: "Unknown", ObservedGeneration: 2}, false},
		"ThisGeneration":        {metav1.Condition{Status: "True", Reason: "InSync", ObservedGeneration: 2}, true},
		"EarlierGeneration":     {metav1.Condition{Status: "True", Reason: "InSync", ObservedGeneration: 1}, false},
		"TheSameBefore":         {metav1.Condition{Status: "False", Reason: "SecretNotFound", Message: "no Secret", ObservedGeneration: 1}, true},
		"AnotherSecretBefore":   {metav1.Condition{Status: "False", Reason: "SecretNotFound", Message: "another", ObservedGeneration: 1}, false},
		"AnotherReasonBefore":   {metav1.Condition{Status: "False", Reason: "Missing", Message: "no Secret", ObservedGeneration: 1}, false},
		"TheSameButNotTheState": {metav1.Condition{Status: "True", Reason: "SecretNotFound", Message: "no Secret", ObservedGeneration: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []metav1.Condition
			if tc.was.Status != "" {
				tc.was.Type = v1alpha1.ConditionReady
				list = append(list, tc.was)
			}
			if got := (Conditions{List: &list, Generation: 2}).Reported(v1alpha1.ConditionReady, result); got != tc.want {
				t.Errorf("reported: %t", got)
			}
		})
	}
}
