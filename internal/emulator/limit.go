// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"math"
	"sync"
	"time"
)

// limiter counts requests in windows of ten seconds that begin with the first request, per bucket. Clerk documents the
// number and the length, not where a window begins.
type limiter struct {
	mu      sync.Mutex
	windows map[string]window
}

type window struct {
	ends  time.Time
	count int
}

func newLimiter() *limiter { return &limiter{windows: map[string]window{}} }

// take counts a request against the bucket. It returns 0, or the whole seconds after which the bucket answers again. A
// refused request does not count.
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

// forget drops windows that ended, so that a bucket per user does not stay for ever.
func (l *limiter) forget(now time.Time) {
	for bucket, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, bucket)
		}
	}
}

// reset begins every bucket anew.
func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.windows)
}
