// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"sync"
)

// DedupQueue is a queue that holds each item once, however often it is added, so that Add never blocks. It is safe for
// concurrent use and has one reader.
type DedupQueue[T comparable] struct {
	arrived chan struct{}

	mu    sync.Mutex
	items map[T]struct{}
	order []T
}

// NewDedupQueue returns an empty queue.
func NewDedupQueue[T comparable]() *DedupQueue[T] {
	return &DedupQueue[T]{arrived: make(chan struct{}, 1), items: map[T]struct{}{}}
}

// Add adds items.
func (q *DedupQueue[T]) Add(items ...T) {
	q.mu.Lock()
	for _, item := range items {
		if _, found := q.items[item]; !found {
			q.items[item] = struct{}{}
			q.order = append(q.order, item)
		}
	}
	q.mu.Unlock()
	select {
	case q.arrived <- struct{}{}:
	default:
	}
}

// Receive calls the function with all queued items, oldest first, whenever there are some, until the context ends.
func (q *DedupQueue[T]) Receive(ctx context.Context, receive func(items []T)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.arrived:
			if items := q.Take(); len(items) > 0 {
				receive(items)
			}
		}
	}
}

// Take removes and returns all queued items, oldest first. It does not wait.
func (q *DedupQueue[T]) Take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.order
	q.order = nil
	clear(q.items)
	return items
}
