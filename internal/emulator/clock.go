// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"sync"
	"time"
)

// Clock is the clock of a Server. It is its base (the machine's clock, or Config.Now) plus the advanced time, so that a
// lock or a rate limit can end without waiting.
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

// Advance moves the clock by d; backwards if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// Set moves the clock to t, from where it continues.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = t.Sub(c.base())
}

// machineTime returns the time of the machine's clock, by which the emulator waits and measures.
func machineTime() time.Time { return time.Now() }

// millis returns a time as in Clerk's answers: integer Unix milliseconds.
func millis(t time.Time) int64 { return t.UnixMilli() }
