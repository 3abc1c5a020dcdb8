// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
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
}

const (
	paceBurst    = 50
	paceInterval = 2 * time.Second
)

func newPace(now func() time.Time) *pace {
	return &pace{now: now, buckets: map[types.UID]*rate.Limiter{}}
}

// wait returns how long the object's next pass has to be put off; 0 if it may be made now, which is then counted.
func (p *pace) wait(uid types.UID) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket, found := p.buckets[uid]
	if !found {
		bucket = rate.NewLimiter(rate.Every(paceInterval), paceBurst)
		p.buckets[uid] = bucket
	}
	now := p.now()
	turn := bucket.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// forget drops the bucket of an object that is gone.
func (p *pace) forget(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.buckets, uid)
}
