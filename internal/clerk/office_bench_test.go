// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// BenchmarkTake asks for tickets beside 10 000 callers that wait.
func BenchmarkTake(b *testing.B) {
	benchmarks := map[string]func(o *RateLimiter, now *time.Time, keys []string, i int){
		"WhoWaits": func(o *RateLimiter, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Millisecond)
			_ = o.Take(ratelimit.Caller{ID: keys[i%len(keys)], Flow: "flood", Level: ratelimit.Interactive})
		},
		"WhoGoesFirstAndWhoWaits": func(o *RateLimiter, now *time.Time, keys []string, i int) {
			*now = now.Add(5 * time.Millisecond)
			_ = o.Take(ratelimit.Caller{ID: "single", Flow: "single", Level: ratelimit.Interactive})
			_ = o.Take(ratelimit.Caller{ID: keys[i%len(keys)], Flow: "flood", Level: ratelimit.Interactive})
		},
		"WhoIsHeldBack": func(o *RateLimiter, now *time.Time, keys []string, i int) {
			*now = now.Add(time.Microsecond)
			_ = o.Take(ratelimit.Caller{ID: keys[i%2000] + " drift", Flow: "flapping", Level: ratelimit.Drift})
		},
	}
	for name, take := range benchmarks {
		b.Run(name, func(b *testing.B) {
			now := at()
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 500, Now: func() time.Time { return now }})
			keys := make([]string, 10_000)
			for i := range keys {
				keys[i] = fmt.Sprint("object-", i)
				_ = o.Take(ratelimit.Caller{ID: keys[i], Flow: "flood", Level: ratelimit.Interactive})
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				take(o, &now, keys, i)
			}
			b.ReportMetric(float64(len(o.queue.places)), "places")
		})
	}
}
