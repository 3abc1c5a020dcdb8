// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestIgnoredUntilTheValueChanges(t *testing.T) {
	t.Parallel()
	f := newFieldState(1, "")
	if f.wasIgnored(plan.Part{Field: "locale"}, "") {
		t.Error("a field that nobody tried counts as ignored")
	}
	f.recordIgnored(plan.Part{Field: "locale"}, "x")
	if !f.wasIgnored(plan.Part{Field: "locale"}, "x") || f.wasIgnored(plan.Part{Field: "locale"}, "y") || f.wasIgnored(plan.Part{Field: "locale"}, "") || f.wasIgnored(plan.Part{Field: "username"}, "x") {
		t.Error("another field or value counts as ignored")
	}
	f.recordIgnored(plan.Part{Field: "locale"}, "y")
	if f.wasIgnored(plan.Part{Field: "locale"}, "x") || !f.wasIgnored(plan.Part{Field: "locale"}, "y") {
		t.Error("the latest value is not the one that counts")
	}
}

func TestContended(t *testing.T) {
	t.Parallel()
	minutes := func(all ...int) []time.Duration {
		var at []time.Duration
		for _, m := range all {
			at = append(at, time.Duration(m)*time.Minute)
		}
		return at
	}
	const never = -24 * time.Hour
	tests := map[string]struct {
		corrected []time.Duration
		compared  time.Duration
		want      bool
	}{
		"NeverCorrected":                   {nil, never, false},
		"CorrectedOnce":                    {minutes(0), never, false},
		"CorrectedTwice":                   {minutes(0, 1), never, false},
		"CorrectedThriceWithinAnHour":      {minutes(0, 1, 2), never, true},
		"ThirdRightAtTheHour":              {minutes(0, 30, 60), never, true},
		"ThirdAfterTheHour":                {append(minutes(0, 30), time.Hour+time.Nanosecond), never, false},
		"LastThreeCount":                   {minutes(0, 70, 80, 90), never, true},
		"FirstThreeAreForgotten":           {minutes(0, 1, 70, 140), never, false},
		"SlowConflictIsCorrectedEveryTime": {minutes(0, 40, 80, 120, 160), never, false},
		"ComparedBefore":                   {minutes(0, 1, 2), -time.Nanosecond, true},
		"ComparedInBetween":                {minutes(0, 1, 2), time.Minute, true},
		"ComparedWhenItWasPutRight":        {minutes(0, 1, 2), 2 * time.Minute, true},
		"ComparedSince":                    {minutes(0, 1, 2), 2*time.Minute + time.Nanosecond, false},
		"ComparedLongSince":                {minutes(0, 1, 2), 24 * time.Hour, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFieldState(1, "")
			for _, at := range tc.corrected {
				f.recordCorrection("banned", start.Add(at))
			}
			for range 2 {
				if got := f.contended("banned", start.Add(tc.compared)); got != tc.want {
					t.Errorf("contended is %t, want %t", got, tc.want)
				}
			}
			if f.contended("locked", start.Add(tc.compared)) {
				t.Error("another field is contended too")
			}
		})
	}
}

func TestContendedFieldsAreCorrectedOncePerFullSync(t *testing.T) {
	t.Parallel()
	f, at := newFieldState(1, ""), start
	compared := start.Add(-time.Hour)
	for range maxCorrections {
		f.recordCorrection("banned", at)
		at = at.Add(time.Minute)
	}
	for round := range 4 {
		for _, later := range []time.Duration{0, time.Minute, 24 * time.Hour} {
			if !f.contended("banned", compared) {
				t.Fatalf("round %d: %s after the correction the field is corrected before the next full sync", round, later)
			}
		}
		at = at.Add(6 * time.Hour)
		compared = at
		if f.contended("banned", compared) {
			t.Fatalf("round %d: the field is not corrected after a full sync", round)
		}
		at = at.Add(time.Second)
		f.recordCorrection("banned", at)
	}
}

func TestFieldConflictEndsAfterAFullIntervalWithoutChange(t *testing.T) {
	t.Parallel()
	const full = time.Hour
	conflict := func() *fieldState {
		f := newFieldState(1, "")
		for range 3 {
			f.recordCorrection("banned", start)
		}
		f.contended("banned", start)
		return f
	}
	tests := map[string]struct {
		differing []string
		at        time.Duration
		want      bool
	}{
		"StillDiffers":       {[]string{"banned"}, full, true},
		"OnlyAMomentOfPeace": {nil, full - time.Nanosecond, true},
		"AFullInterval":      {nil, full, false},
		"OthersDiffer":       {[]string{"locked"}, full, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := conflict()
			f.settleConflicts(tc.differing, start.Add(tc.at), full)
			// Two corrections more show whether the first three are remembered.
			later := start.Add(tc.at)
			f.recordCorrection("banned", later)
			f.recordCorrection("banned", later)
			if got := f.contended("banned", start); got != tc.want {
				t.Errorf("contended after two more corrections: %t, want %t", got, tc.want)
			}
		})
	}
}
