// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

func TestWhatMayArriveIsAwaited(t *testing.T) {
	t.Parallel()
	const s = time.Second
	noInstance := instanceNotFound([]types.NamespacedName{{Namespace: "team-a", Name: "default"}})
	noSecret := &source.MissingError{Reason: v1alpha1.ReasonSecretNotFound, Field: "spec.password.secretKeyRef", Problem: "does not exist"}
	noConfigMap := &source.MissingError{Reason: v1alpha1.ReasonConfigMapNotFound, Field: "spec.profileImage", Problem: "does not exist"}
	deleted := func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = &metav1.Time{Time: start} }
	ready := func(generation int64) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Status.Conditions = []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, ObservedGeneration: generation,
			}}
		}
	}
	for name, tc := range map[string]struct {
		user   func(*v1alpha1.ClerkUser)
		err    error
		waited time.Duration
		// awaited and silent say which result is wanted, and after when the next reconciliation is.
		awaited, silent bool
		after           time.Duration
	}{
		"InstanceAtFirst":     {nil, noInstance, 0, true, true, 5 * s},
		"Instance":            {nil, noInstance, 10 * s, true, false, 20 * s},
		"InstanceIsNotComing": {nil, noInstance, 30 * s, false, false, 0},
		"InstanceNotReady":    {nil, instanceNotReady(types.NamespacedName{Name: "default"}, "no key"), 10 * s, true, false, 20 * s},
		"SecretAtFirst":       {nil, noSecret, 0, true, true, 2 * s},
		"Secret":              {nil, noSecret, 16 * s, true, false, 4 * s},
		"SecretAtTheEnd":      {nil, noSecret, 28 * s, true, true, 2 * s},
		"SecretIsNotComing":   {nil, noSecret, 40 * s, false, false, 10 * s},
		"ConfigMap":           {nil, noConfigMap, 10 * s, true, false, 2500 * time.Millisecond},
		"RestIsApplied":       {nil, &unfinished{sourcesErr: noSecret}, 10 * s, true, false, 2500 * time.Millisecond},
		"RestIsRefused":       {nil, &unfinished{sourcesErr: noSecret, notKept: []string{"locale"}, refused: []refusedPart{{path: "spec.locale", refusal: refusal{&clerk.Error{Status: 422}, &backOff{Until: start}}}}}, 10 * s, false, false, 2500 * time.Millisecond},
		"NotAllowed":          {nil, notAllowed(types.NamespacedName{Name: "default"}, "team-a"), 10 * s, false, false, time.Minute},
		"KnownBefore":         {ready(1), noInstance, 10 * s, false, false, 0},
		"NewGeneration":       {func(u *v1alpha1.ClerkUser) { ready(1)(u); u.Generation = 2 }, noInstance, 10 * s, true, false, 20 * s},
		"Deleted":             {deleted, noInstance, 10 * s, false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann")
			if tc.user != nil {
				tc.user(user)
			}
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
			rec.applyWindow, rec.firstSeen, rec.err = reconcile.DefaultApplyWindow, start.Add(-tc.waited), tc.err
			got := resultFor(rec)
			if got.Unchanged != tc.awaited || got.silent != tc.silent || got.RequeueAfter != tc.after {
				t.Errorf("the result is %+v, silent %t; want awaited %t, silent %t, after %s", got.Result, got.silent, tc.awaited, tc.silent, tc.after)
			}
			if said := got.waitingGeneration != nil; said != (tc.awaited && !tc.silent) {
				t.Errorf("the wait is said: %t", said)
			}
			if got.Failures != reconcile.FailuresEnd || !got.finished {
				t.Errorf("the effects are %+v", got)
			}
		})
	}
}

// TestRefusedKeyIsCheckedWhileAnObjectWaits keeps the effects of a result that is not reported yet.
func TestRefusedKeyIsCheckedWhileAnObjectWaits(t *testing.T) {
	t.Parallel()
	rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
	rec.applyWindow, rec.instance = reconcile.DefaultApplyWindow, newTestInstance()
	rec.err = errors.Join(&clerk.KeyRefusedError{At: start})
	if got := resultFor(rec); !got.Unchanged || !got.checkKey {
		t.Errorf("the result is %+v", got)
	}
}
