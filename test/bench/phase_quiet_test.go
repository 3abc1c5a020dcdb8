// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuietCostsAreSeparated(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	cases := map[string]struct {
		seconds []second
		want    quietFigures
	}{
		"TailsAndACompare": {
			seconds: []second{
				{cpu: 2 * ms, incremental: 1}, {cpu: 4 * ms, incremental: 1}, {cpu: 53 * ms, incremental: 1, full: 10}, {cpu: 50 * ms, full: 5},
			},
			want: quietFigures{IncrementalSyncs: 3, FullSyncCalls: 15, CPUMillisPerIncrementalSync: 3, CPUMillisPerFullSync: 100, CoreShare: 0.000078},
		},
		"OnlyIncrementalSyncs": {[]second{{cpu: 2 * ms, incremental: 2}}, quietFigures{IncrementalSyncs: 2, CPUMillisPerIncrementalSync: 1, CoreShare: 0.000017}},
		"NeverLessThanNothing": {[]second{{cpu: 9 * ms, incremental: 1}, {cpu: ms, incremental: 1, full: 1}}, quietFigures{IncrementalSyncs: 2, FullSyncCalls: 1, CPUMillisPerIncrementalSync: 9, CoreShare: 0.00015}},
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
