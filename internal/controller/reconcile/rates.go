// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// Rates slow down objects, each by itself, that are reconciled again and again because they change or fail in a loop. They
// are safe for concurrent use.
type Rates struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[types.UID]*rate.Limiter
	swept   time.Time
}

const (
	// RatesBurst is how many reconciliations of an object may follow each other at once.
	RatesBurst = 50
	// RatesInterval is the time between further ones.
	RatesInterval = 2 * time.Second
	// sweepInterval is the time between two searches for objects that have rested: a full bucket limits nothing.
	sweepInterval = time.Minute
)

// NewRates returns the rates of objects that were not reconciled yet. They tell the time with now.
func NewRates(now func() time.Time) *Rates {
	return &Rates{now: now, buckets: map[types.UID]*rate.Limiter{}}
}

// Wait returns how long the object's next reconciliation has to be put off; 0 if it may be made now, which is then counted.
func (r *Rates) Wait(uid types.UID) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.sweep(now)
	bucket, found := r.buckets[uid]
	if !found {
		bucket = rate.NewLimiter(rate.Every(RatesInterval), RatesBurst)
		r.buckets[uid] = bucket
	}
	token := bucket.ReserveN(now, 1)
	wait := token.DelayFrom(now)
	if wait > 0 {
		token.CancelAt(now)
	}
	return wait
}

// Forget drops an object that is gone.
func (r *Rates) Forget(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.buckets, uid)
}

func (r *Rates) sweep(now time.Time) {
	if now.Sub(r.swept) < sweepInterval {
		return
	}
	r.swept = now
	maps.DeleteFunc(r.buckets, func(_ types.UID, bucket *rate.Limiter) bool { return bucket.TokensAt(now) >= RatesBurst })
}
