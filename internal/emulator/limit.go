// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"math"
	"sync"
	"time"
)

// limiter counts requests per bucket in windows of ten seconds, which begin with the first request. Clerk documents the
// number and the length, not when a window begins.
type limiter struct {
	mu      sync.Mutex
	windows map[string]window
}

type window struct {
	ends  time.Time
	count int
}

func newLimiter() *limiter { return &limiter{windows: map[string]window{}} }

// take counts a request against the bucket. It returns 0, or the whole seconds until the bucket accepts requests again.
// A refused request does not count.
func (l *limiter) take(bucket string, limit int, now time.Time) int {
	if limit < 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w, found := l.windows[bucket]
	if !found || !now.Before(w.ends) {
		l.forget(now)
		w = window{ends: now.Add(rateWindow)}
	}
	if w.count >= limit {
		return int(math.Ceil(w.ends.Sub(now).Seconds()))
	}
	w.count++
	l.windows[bucket] = w
	return 0
}

// forget removes windows that ended, so that the buckets per user do not accumulate.
func (l *limiter) forget(now time.Time) {
	for bucket, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, bucket)
		}
	}
}

// reset resets every bucket.
func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.windows)
}
