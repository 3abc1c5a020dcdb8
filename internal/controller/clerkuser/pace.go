// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// pace slows objects down, one by one, that change or fail in a loop.
type pace struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[types.UID]*rate.Limiter
	swept   time.Time
}

const (
	paceBurst    = 50
	paceInterval = 2 * time.Second
	// paceSweep is the time between two looks for objects that have rested: a full bucket tells nothing.
	paceSweep = time.Minute
)

func newPace(now func() time.Time) *pace {
	return &pace{now: now, buckets: map[types.UID]*rate.Limiter{}}
}

// wait returns how long the object's next pass has to be put off; 0 if it may be made now, which is then counted.
func (p *pace) wait(uid types.UID) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.sweep(now)
	bucket, found := p.buckets[uid]
	if !found {
		bucket = rate.NewLimiter(rate.Every(paceInterval), paceBurst)
		p.buckets[uid] = bucket
	}
	turn := bucket.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < paceSweep {
		return
	}
	p.swept = now
	maps.DeleteFunc(p.buckets, func(_ types.UID, bucket *rate.Limiter) bool { return bucket.TokensAt(now) >= paceBurst })
}

// forget drops the bucket of an object that is gone.
func (p *pace) forget(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.buckets, uid)
}
