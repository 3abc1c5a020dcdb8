// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuietCostsAreToldApart(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	cases := map[string]struct {
		seconds []second
		want    quietFigures
	}{
		"TailsAndACompare": {
			seconds: []second{
				{cpu: 2 * ms, tails: 1}, {cpu: 4 * ms, tails: 1}, {cpu: 53 * ms, tails: 1, compares: 10}, {cpu: 50 * ms, compares: 5},
			},
			want: quietFigures{Tails: 3, CompareCalls: 15, CPUMillisPerTail: 3, CPUMillisPerCompare: 100, CoreShare: 0.000078},
		},
		"OnlyTails":            {[]second{{cpu: 2 * ms, tails: 2}}, quietFigures{Tails: 2, CPUMillisPerTail: 1, CoreShare: 0.000017}},
		"NeverLessThanNothing": {[]second{{cpu: 9 * ms, tails: 1}, {cpu: ms, tails: 1, compares: 1}}, quietFigures{Tails: 2, CompareCalls: 1, CPUMillisPerTail: 9, CoreShare: 0.00015}},
		"Nothing":              {nil, quietFigures{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.Acceleration = acceleration
			if diff := cmp.Diff(&tc.want, quietOf(tc.seconds)); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
		})
	}
}
