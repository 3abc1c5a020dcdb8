// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkTake takes tokens beside 10 000 waiting callers.
func BenchmarkTake(b *testing.B) {
	benchmarks := map[string]func(l *Limiter, now *time.Time, keys []string, i int){
		"Waits": func(l *Limiter, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Millisecond)
			l.Take(Caller{ID: keys[i%len(keys)], Flow: "flood", Level: Interactive}, "", "")
		},
		"GoesFirstBesideOneThatWaits": func(l *Limiter, now *time.Time, keys []string, i int) {
			*now = now.Add(5 * time.Millisecond)
			l.Take(Caller{ID: "single", Flow: "single", Level: Interactive}, "", "")
			l.Take(Caller{ID: keys[i%len(keys)], Flow: "flood", Level: Interactive}, "", "")
		},
		"WaitsBehindUrgentOnes": func(l *Limiter, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Microsecond)
			l.Take(Caller{ID: keys[i%2000] + " drift", Flow: "flapping", Level: Drift}, "", "")
		},
	}
	for name, take := range benchmarks {
		b.Run(name, func(b *testing.B) {
			now := time.Unix(0, 0)
			l := New(500, func() time.Time { return now })
			keys := make([]string, 10_000)
			for i := range keys {
				keys[i] = fmt.Sprint("object-", i)
				l.Take(Caller{ID: keys[i], Flow: "flood", Level: Interactive}, "", "")
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				take(l, &now, keys, i)
			}
			b.ReportMetric(float64(len(l.scheduler.requests)), "requests")
		})
	}
}

// BenchmarkReport reports on a limiter with 10 000 waiting callers.
func BenchmarkReport(b *testing.B) {
	now := time.Unix(0, 0)
	l := New(1000, func() time.Time { return now })
	for i := range 10_200 {
		l.Take(Caller{ID: fmt.Sprint(i), Level: Interactive}, "", "")
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Report()
	}
}
