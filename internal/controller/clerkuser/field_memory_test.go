// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"
)

func TestFutileUntilTheValueChanges(t *testing.T) {
	t.Parallel()
	f := newFieldMemory(1)
	if f.futile("locale", "") {
		t.Error("a field that nobody tried is futile")
	}
	f.ignored("locale", "x")
	if !f.futile("locale", "x") || f.futile("locale", "y") || f.futile("locale", "") || f.futile("username", "x") {
		t.Error("futile is not just the field with the value that Clerk showed")
	}
	f.ignored("locale", "y")
	if f.futile("locale", "x") || !f.futile("locale", "y") {
		t.Error("the latest value is not the one that counts")
	}
}

func TestContended(t *testing.T) {
	t.Parallel()
	const full = 6 * time.Hour
	minutes := func(all ...int) []time.Duration {
		var at []time.Duration
		for _, m := range all {
			at = append(at, time.Duration(m)*time.Minute)
		}
		return at
	}
	tests := map[string]struct {
		corrected []time.Duration
		asked     time.Duration
		want      bool
	}{
		"NeverCorrected":                      {nil, 0, false},
		"CorrectedOnce":                       {minutes(0), time.Minute, false},
		"CorrectedTwice":                      {minutes(0, 1), 2 * time.Minute, false},
		"CorrectedThriceWithinAnHour":         {minutes(0, 1, 2), 3 * time.Minute, true},
		"FourthDifferenceRightAtTheHour":      {minutes(0, 20, 40), time.Hour, true},
		"FourthDifferenceAfterTheHour":        {minutes(0, 20, 40), time.Hour + time.Nanosecond, false},
		"LastThreeCount":                      {minutes(0, 70, 80, 90), 100 * time.Minute, true},
		"FirstThreeAreForgotten":              {minutes(0, 1, 70, 140), 141 * time.Minute, false},
		"SlowStrifeIsPutRightEveryTime":       {minutes(0, 40, 80, 120, 160), 161 * time.Minute, false},
		"LeftAloneForAFullInterval":           {minutes(0, 1, 2), 2*time.Minute + full - time.Nanosecond, false},
		"LeftAloneForAFullIntervalOnceItIsIt": {minutes(0, 1, 2), 3 * time.Minute, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFieldMemory(1)
			for _, at := range tc.corrected {
				f.corrected("banned", start.Add(at))
			}
			if got := f.contended("banned", start.Add(tc.asked), full); got != tc.want {
				t.Errorf("contended is %t, want %t", got, tc.want)
			}
			if f.contended("locked", start.Add(tc.asked), full) {
				t.Error("another field is contended too")
			}
		})
	}
}

func TestContendedFieldsArePutRightOncePerFullInterval(t *testing.T) {
	t.Parallel()
	const full = 6 * time.Hour
	f, at := newFieldMemory(1), start
	for range 3 {
		f.corrected("banned", at)
		at = at.Add(time.Minute)
	}
	for round := range 4 {
		last := at.Add(-time.Minute)
		if round > 0 {
			last = at
		}
		if !f.contended("banned", at.Add(time.Minute), full) {
			t.Fatalf("round %d: the field is put right before its time", round)
		}
		at = last.Add(full)
		if !f.contended("banned", at.Add(-time.Nanosecond), full) {
			t.Fatalf("round %d: the field is put right a moment too soon", round)
		}
		if f.contended("banned", at, full) {
			t.Fatalf("round %d: the field is not put right after a full interval", round)
		}
		f.corrected("banned", at)
	}
}

func TestStrifeEndsWhenAFieldStaysForAFullInterval(t *testing.T) {
	t.Parallel()
	const full = time.Hour
	strife := func() *fieldMemory {
		f := newFieldMemory(1)
		for range 3 {
			f.corrected("banned", start)
		}
		f.contended("banned", start, full)
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
			f := strife()
			f.calm(tc.differing, start.Add(tc.at), full)
			// Two corrections more show whether the first three are remembered.
			later := start.Add(tc.at)
			f.corrected("banned", later)
			f.corrected("banned", later)
			if got := f.contended("banned", later.Add(time.Minute), full); got != tc.want {
				t.Errorf("contended after two more corrections: %t, want %t", got, tc.want)
			}
		})
	}
}
