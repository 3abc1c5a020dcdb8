// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"math/rand/v2"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
	// spread is by how much a pause may be shorter or longer, so that what failed together is not tried together.
	spread = 0.2
)

// backoff is the pause between passes that fail for a reason that may pass: one second, doubling to a minute.
type backoff struct {
	workqueue.TypedRateLimiter[reconcile.Request]
}

// NewBackoff returns the rate limiter for the queue of ClerkUsers.
func NewBackoff() workqueue.TypedRateLimiter[reconcile.Request] {
	return backoff{workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry)}
}

// When returns the pause before the item's next try.
func (b backoff) When(item reconcile.Request) time.Duration {
	pause := b.TypedRateLimiter.When(item)
	return time.Duration(float64(pause) * (1 + spread*(2*rand.Float64()-1))) //nolint:gosec // spreads load, keeps no secret
}
