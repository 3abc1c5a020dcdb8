// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"math/rand/v2"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
)

// Queue is the queue of a controller.
type Queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// Priorities of reconciliations. Among many that are due at once, what somebody did to an object that exists comes first. Then
// come new objects, and after them those that had to wait for the API budget, of which there may be thousands: a single new
// object must not wait for the writes of all these. Last comes what nobody waits for.
const (
	PriorityEdited = 10
	PriorityNew    = 5
	PriorityWaited = 0
	PriorityLow    = handler.LowPriority
)

// Enqueue adds an object to a queue.
func Enqueue(q Queue, name types.NamespacedName, priority int) { EnqueueAfter(q, name, priority, 0) }

// EnqueueAfter adds an object to a queue after some time.
func EnqueueAfter(q Queue, name types.NamespacedName, priority int, after time.Duration) {
	request := ctrl.Request{NamespacedName: name}
	if p, ok := q.(priorityqueue.PriorityQueue[ctrl.Request]); ok {
		p.AddWithOpts(priorityqueue.AddOpts{After: after, Priority: &priority}, request)
		return
	}
	q.AddAfter(request, after)
}

// DeletionEventHandler calls a function with each object that is gone, and enqueues nothing.
func DeletionEventHandler(forget func(client.Object)) handler.EventHandler {
	return handler.Funcs{DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ Queue) { forget(e.Object) }}
}

// NewQueueRateLimiter returns the rate limiter for a queue: an object whose reconciliations fail is retried after one second,
// doubling to a minute. Delays are up to a fifth longer or shorter, so that what failed together is not retried together.
func NewQueueRateLimiter() workqueue.TypedRateLimiter[ctrl.Request] {
	delays := AfterPassingFailures()
	return spreadRateLimiter{workqueue.NewTypedItemExponentialFailureRateLimiter[ctrl.Request](delays.First, delays.Longest)}
}

const spread = 0.2

type spreadRateLimiter struct {
	workqueue.TypedRateLimiter[ctrl.Request]
}

// When returns the delay before the item's next try.
func (l spreadRateLimiter) When(item ctrl.Request) time.Duration {
	delay := l.TypedRateLimiter.When(item)
	return time.Duration(float64(delay) * (1 + spread*(2*rand.Float64()-1))) //nolint:gosec // spreads load, keeps no secret
}
