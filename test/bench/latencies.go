// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"time"
)

// percentiles are the percentiles of durations, in milliseconds.
type percentiles struct {
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
	Samples int     `json:"samples"`
}

// percentilesOf returns the nearest-rank percentiles of times; nil if there are none.
func percentilesOf(times []time.Duration) *percentiles {
	if len(times) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(times))
	rank := func(share float64) float64 {
		at := int(math.Ceil(share*float64(len(sorted)))) - 1
		return milliseconds(sorted[max(at, 0)])
	}
	return &percentiles{P50: rank(0.5), P99: rank(0.99), Max: rank(1), Samples: len(sorted)}
}

func milliseconds(d time.Duration) float64 {
	return round(float64(d)/float64(time.Millisecond), 2)
}

// round rounds the figures of a report, to keep it readable.
func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// floorSeconds returns the minimum time for calls with a budget per 10 seconds; the first window is free.
func floorSeconds(calls, budget int) float64 {
	if calls == 0 {
		return 0
	}
	return float64((calls-1)/budget) * 10
}
