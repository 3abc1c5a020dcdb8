// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"testing"
	"time"
)

func TestDelaysDouble(t *testing.T) {
	t.Parallel()
	minutes := func(all ...int) (delays []time.Duration) {
		for _, n := range all {
			delays = append(delays, time.Duration(n)*time.Minute)
		}
		return delays
	}
	seconds := func(all ...int) (delays []time.Duration) {
		for _, n := range all {
			delays = append(delays, time.Duration(n)*time.Second)
		}
		return delays
	}
	for name, tc := range map[string]struct {
		doubling Doubling
		want     []time.Duration
	}{
		"Passing": {AfterPassingFailures(), seconds(1, 2, 4, 8, 16, 32, 60, 60)},
		"Lasting": {AfterLastingFailures(), minutes(5, 10, 20, 40, 80, 160, 320, 360, 360)},
	} {
		var delay time.Duration
		for i, want := range tc.want {
			if delay = tc.doubling.Next(delay); delay != want {
				t.Errorf("%s: delay %d is %s, want %s", name, i, delay, want)
			}
		}
	}
}

func TestBackOffLastsUntilItsEndOrOtherInputs(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	var none *BackOff[string]
	d := Doubling{First: time.Minute, Longest: time.Hour}
	first := none.Next(d, "a", cause, start)
	if !errors.Is(first.Err, cause) || first.Inputs != "a" || first.Delay != time.Minute || !first.Until.Equal(start.Add(time.Minute)) {
		t.Errorf("the first one is %+v", first)
	}
	for name, tc := range map[string]struct {
		backOff *BackOff[string]
		inputs  string
		at      time.Time
		want    time.Duration
	}{
		"None":         {none, "a", start, 0},
		"NoneOfNone":   {none, "", start, 0},
		"AtOnce":       {first, "a", start, time.Minute},
		"Later":        {first, "a", start.Add(59 * time.Second), time.Second},
		"AtTheEnd":     {first, "a", start.Add(time.Minute), 0},
		"After":        {first, "a", start.Add(time.Hour), 0},
		"OtherInputs":  {first, "b", start, 0},
		"ClockSetBack": {first, "a", start.Add(-time.Hour), time.Minute},
	} {
		if got := tc.backOff.Left(tc.inputs, tc.at); got != tc.want {
			t.Errorf("%s: %s are left, want %s", name, got, tc.want)
		}
	}
	late := start.Add(time.Hour)
	if second := first.Next(d, "a", cause, late); second.Delay != 2*time.Minute || !second.Until.Equal(late.Add(2*time.Minute)) {
		t.Errorf("the second one is %+v", second)
	}
	if other := first.Next(d, "b", cause, late); other.Delay != time.Minute {
		t.Errorf("with other inputs it is %+v", other)
	}
	if first.Delay != time.Minute {
		t.Error("a back-off was changed")
	}
}
