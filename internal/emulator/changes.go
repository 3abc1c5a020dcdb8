// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "sync"

// changes tells those who wait that something has changed.
type changes struct {
	mu   sync.Mutex
	next chan struct{}
}

// note ends the wait of everybody who waits for the next change.
func (c *changes) note() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// wait returns a channel that is closed at the next change.
func (c *changes) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}
