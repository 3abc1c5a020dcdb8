// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPercentiles(t *testing.T) {
	t.Parallel()
	times := func(count int) []time.Duration {
		list := make([]time.Duration, count)
		for i := range list {
			// Latest first, so that an order is needed.
			list[i] = time.Duration(count-i) * time.Millisecond
		}
		return list
	}
	cases := map[string]struct {
		times []time.Duration
		want  *percentiles
	}{
		"None":       {nil, nil},
		"One":        {times(1), &percentiles{P50: 1, P99: 1, Max: 1, Samples: 1}},
		"Few":        {times(4), &percentiles{P50: 2, P99: 4, Max: 4, Samples: 4}},
		"AHundred":   {times(100), &percentiles{P50: 50, P99: 99, Max: 100, Samples: 100}},
		"ManyOfThem": {times(1000), &percentiles{P50: 500, P99: 990, Max: 1000, Samples: 1000}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, percentilesOf(tc.times)); diff != "" {
				t.Errorf("percentiles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFloorLeavesTheFirstWindowFree(t *testing.T) {
	t.Parallel()
	for calls, want := range map[int]float64{0: 0, 1: 0, 500: 0, 501: 10, 1000: 10, 1001: 20, 10000: 190} {
		if got := floorSeconds(calls, 500); got != want {
			t.Errorf("%d calls: %v s, want %v", calls, got, want)
		}
	}
}
