// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"sync"
	"time"
)

// Clock tells a Server the time. It runs with its base (the machine's clock unless Config.Now says otherwise) plus what it
// was advanced by, so that a lock or a rate limit can be made to end without waiting.
type Clock struct {
	mu     sync.Mutex
	base   func() time.Time
	offset time.Duration
}

func newClock(base func() time.Time) *Clock {
	if base == nil {
		base = time.Now
	}
	return &Clock{base: base}
}

// Now returns the emulator's present time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset)
}

// Advance moves the clock by d, forwards or, for a negative d, backwards.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// Set moves the clock to t, from where it runs on.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = t.Sub(c.base())
}

// millis is Clerk's time in answers: integer Unix milliseconds.
func millis(t time.Time) int64 { return t.UnixMilli() }
