// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkTake asks for tickets beside 10 000 callers that wait.
func BenchmarkTake(b *testing.B) {
	benchmarks := map[string]func(o *Office, now *time.Time, keys []string, i int){
		"WhoWaits": func(o *Office, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Millisecond)
			_ = o.Take(Caller{Key: keys[i%len(keys)], Group: "flood", Class: Person})
		},
		"WhoGoesFirstAndWhoWaits": func(o *Office, now *time.Time, keys []string, i int) {
			*now = now.Add(5 * time.Millisecond)
			_ = o.Take(Caller{Key: "single", Group: "single", Class: Person})
			_ = o.Take(Caller{Key: keys[i%len(keys)], Group: "flood", Class: Person})
		},
		"WhoIsHeldBack": func(o *Office, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Microsecond)
			_ = o.Take(Caller{Key: keys[i%2000] + " drift", Group: "flapping", Class: Drift})
		},
	}
	for name, take := range benchmarks {
		b.Run(name, func(b *testing.B) {
			now := at()
			o := NewOffice(OfficeConfig{RequestsPer10s: 500, Now: func() time.Time { return now }})
			keys := make([]string, 10_000)
			for i := range keys {
				keys[i] = fmt.Sprint("object-", i)
				_ = o.Take(Caller{Key: keys[i], Group: "flood", Class: Person})
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				take(o, &now, keys, i)
			}
			b.ReportMetric(float64(len(o.queue.places)), "places")
		})
	}
}
