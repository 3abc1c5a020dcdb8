// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Rates slow down objects, each by itself, that are reconciled again and again because they change or fail in a loop. They
// are safe for concurrent use.
type Rates struct {
	now func() time.Time

	mu sync.Mutex
	// full has the time at which the token bucket of an object is full again. That says all of a bucket: each token that it
	// lacks comes a RatesInterval later.
	full  map[types.UID]time.Time
	swept time.Time
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
	return &Rates{now: now, full: map[types.UID]time.Time{}}
}

// Wait returns how long the object's next reconciliation has to be put off; 0 if it may be made now, which is then counted.
func (r *Rates) Wait(uid types.UID) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.sweep(now)
	full := r.full[uid]
	if full.Before(now) {
		full = now
	}
	full = full.Add(RatesInterval)
	if wait := full.Sub(now) - RatesBurst*RatesInterval; wait > 0 {
		return wait
	}
	r.full[uid] = full
	return 0
}

// Forget drops an object that is gone.
func (r *Rates) Forget(uid types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.full, uid)
}

func (r *Rates) sweep(now time.Time) {
	if now.Sub(r.swept) < sweepInterval {
		return
	}
	// A new map, since a map keeps its memory when entries are deleted.
	busy := map[types.UID]time.Time{}
	for uid, full := range r.full {
		if full.After(now) {
			busy[uid] = full
		}
	}
	r.full, r.swept = busy, now
}
