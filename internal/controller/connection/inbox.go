// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"sync"
)

// Inbox holds what is to be looked at until its reader takes it. What is put in twice before that is there once, so that
// nobody who puts something in ever waits. It is safe for concurrent use; there is one reader.
type Inbox[T comparable] struct {
	arrived chan struct{}

	mu    sync.Mutex
	items map[T]struct{}
	order []T
}

// NewInbox returns an empty inbox.
func NewInbox[T comparable]() *Inbox[T] {
	return &Inbox[T]{arrived: make(chan struct{}, 1), items: map[T]struct{}{}}
}

// Put adds items.
func (i *Inbox[T]) Put(items ...T) {
	i.mu.Lock()
	for _, item := range items {
		if _, found := i.items[item]; !found {
			i.items[item] = struct{}{}
			i.order = append(i.order, item)
		}
	}
	i.mu.Unlock()
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}

// Read calls the function with all items there are, oldest first, whenever there are some, until the context ends.
func (i *Inbox[T]) Read(ctx context.Context, read func(items []T)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.arrived:
			if items := i.take(); len(items) > 0 {
				read(items)
			}
		}
	}
}

func (i *Inbox[T]) take() []T {
	i.mu.Lock()
	defer i.mu.Unlock()
	items := i.order
	i.order = nil
	clear(i.items)
	return items
}
