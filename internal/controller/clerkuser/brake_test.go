// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestBrakeCountsInAWindow(t *testing.T) {
	t.Parallel()
	const window = 10 * time.Minute
	since := func(ago time.Duration, count int32) *v1alpha1.DeletionCount {
		return &v1alpha1.DeletionCount{Since: metav1.NewTime(start.Add(-ago)), Count: count}
	}
	tests := map[string]struct {
		have *v1alpha1.DeletionCount
		want *v1alpha1.DeletionCount
		full bool
	}{
		"First":                     {nil, since(0, 1), false},
		"Second":                    {since(time.Minute, 1), since(time.Minute, 2), false},
		"LastAllowed":               {since(time.Minute, 2), since(time.Minute, 3), false},
		"OneTooMany":                {since(time.Minute, 3), since(time.Minute, 3), true},
		"FarTooMany":                {since(time.Minute, 300), since(time.Minute, 300), true},
		"LastMomentOfTheWindow":     {since(window-time.Nanosecond, 3), since(window-time.Nanosecond, 3), true},
		"WindowIsOver":              {since(window, 3), since(0, 1), false},
		"WindowIsLongOver":          {since(24*time.Hour, 3), since(0, 1), false},
		"WindowBeginsInTheFuture":   {since(-time.Minute, 3), since(-time.Minute, 3), true},
		"WindowWithoutACount":       {since(time.Minute, 0), since(time.Minute, 1), false},
		"WindowWithANegativeCount":  {since(time.Minute, -5), since(time.Minute, -4), false},
		"WindowWithoutABeginningIs": {&v1alpha1.DeletionCount{Count: 3}, since(0, 1), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, full := nextCount(tc.have, start, 3, window)
			if full != tc.full || got.Count != tc.want.Count || !got.Since.Equal(&tc.want.Since) {
				t.Errorf("next is %+v, full %t; want %+v, %t", got, full, *tc.want, tc.full)
			}
		})
	}
}

func TestReleaseOfWhatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	deleted := func(at time.Duration) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = ptr.To(metav1.NewTime(start.Add(at))) }
	}
	tests := map[string]struct {
		user    func(*v1alpha1.ClerkUser)
		release string
		want    bool
	}{
		"NoRelease":                     {deleted(0), "", false},
		"ReleaseAfterTheDeletion":       {deleted(0), "2026-03-04T05:06:08Z", true},
		"ReleaseInTheSameSecond":        {deleted(0), "2026-03-04T05:06:07Z", true},
		"ReleaseOfTheSecondThatBegan":   {deleted(999 * time.Millisecond), "2026-03-04T05:06:07Z", true},
		"ReleaseOfTheSecondBefore":      {deleted(time.Second), "2026-03-04T05:06:07Z", false},
		"ReleaseBeforeTheDeletion":      {deleted(0), "2026-03-04T05:06:06Z", false},
		"ReleaseInAnotherZone":          {deleted(0), "2026-03-04T06:06:08+01:00", true},
		"ReleaseThatIsEarlierThanItRds": {deleted(0), "2026-03-04T05:06:08+01:00", false},
		"ReleaseThatIsNoTime":           {deleted(0), "now", false},
		"ReleaseThatIsADate":            {deleted(0), "2026-03-05", false},
		"ReleaseTrue":                   {deleted(0), "true", false},
		"RecreationBeforeTheRelease":    {func(*v1alpha1.ClerkUser) {}, "2026-03-04T05:06:06Z", false},
		"RecreationAfterALaterRelease":  {func(*v1alpha1.ClerkUser) {}, "2026-03-04T05:06:08Z", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTestPass(t, newTestReconciler(t, newClock()), newTestUser("ann", tc.user))
			p.memory.brakeHeld(p.user.UID, start)
			instance := newTestInstance()
			if tc.release != "" {
				instance.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: tc.release}
			}
			if got := p.releasedBy(instance); got != tc.want {
				t.Errorf("released is %t, want %t", got, tc.want)
			}
		})
	}
}

func TestHeldDeletionNamesTheCommand(t *testing.T) {
	t.Parallel()
	err := deletionHeld(types.NamespacedName{Namespace: "platform", Name: "prod"}, 10, 10*time.Minute)
	const want = "kubectl annotate clerkinstance -n platform prod --overwrite " +
		"clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	if !strings.HasSuffix(err.Error(), want) {
		t.Errorf("the message %q does not end with the command", err)
	}
}

func TestMassAbsenceNamesTheCommand(t *testing.T) {
	t.Parallel()
	instance := types.NamespacedName{Namespace: "platform", Name: "prod"}
	found, ok := errors.AsType[*problem](massAbsence(instance))
	if !ok || found.reason != v1alpha1.ReasonDeletionHeld || found.stalled || found.holds || found.after != 0 {
		t.Errorf("mass absence is %+v, want held until somebody says so or the users are back", found)
	}
	if !strings.HasSuffix(found.message, releaseCommand(instance)) {
		t.Errorf("the message %q does not end with the command", found.message)
	}
}

// A development instance has no brake unless its owner sets one, so that its status is neither read nor written.
func TestInstanceWithoutABrakeCountsNothing(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, newTestReconciler(t, newClock()), newTestUser("ann"))
	p.in.connection.Environment = v1alpha1.EnvironmentDevelopment
	if err := p.brake(t.Context()); err != nil {
		t.Errorf("a development instance brakes: %v", err)
	}
	p.in.connection.Environment = v1alpha1.EnvironmentProduction
	p.in.instance.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)}
	if err := p.brake(t.Context()); err != nil {
		t.Errorf("a brake that is switched off brakes: %v", err)
	}
}
