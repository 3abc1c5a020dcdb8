// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLost means that a write was refused because this process may no longer be the leader. It stays so until the process
// ends, which is soon.
var ErrLost = errors.New("the lease was not renewed in time, so another process may lead")

// ErrNotHeld means that a write was refused because this process does not lead yet.
var ErrNotHeld = errors.New("this process does not hold the lease")

// Guard knows how fresh the lease is. It is safe for concurrent use.
//
// A lease that was not renewed within the deadline counts as lost for good, also if this process could take it again: what is
// under way in it rests on what was true before another process may have led.
type Guard struct {
	deadline time.Duration
	clock    clock

	mu sync.Mutex
	// renewed is when the request began that renewed the lease last; nil before the first.
	renewed *instant
	lost    bool
	// failure is why this process has to end, which closes ended.
	failure error
	ended   chan struct{}
}

// NewGuard returns a guard of a lease that is renewed within the deadline, or lost.
func NewGuard(deadline time.Duration) *Guard { return newGuard(deadline, newClock()) }

func newGuard(deadline time.Duration, c clock) *Guard {
	return &Guard{deadline: deadline, clock: c, ended: make(chan struct{})}
}

// Check returns nil while this process leads, and ErrNotHeld or ErrLost otherwise.
func (g *Guard) Check() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.check(g.clock())
}

// check is Check at a time; the caller holds the lock.
func (g *Guard) check(now instant) error {
	switch {
	case g.lost:
		return ErrLost
	case g.renewed == nil:
		return ErrNotHeld
	case now.since(*g.renewed) > g.deadline:
		g.lost = true
		g.end(ErrLost)
		return ErrLost
	}
	return nil
}

// end has Start return an error; the first one counts. The caller holds the lock.
func (g *Guard) end(failure error) {
	if g.failure == nil {
		g.failure = failure
		close(g.ended)
	}
}

// Start returns ErrLost soon after the lease was lost, or why it cannot be had, so that the manager ends and the process with
// it. Else it returns nil when the context ends.
func (g *Guard) Start(ctx context.Context) error {
	ticker := time.NewTicker(g.deadline / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.ended:
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.failure
		case <-ticker.C:
			_ = g.Check()
		}
	}
}

// NeedLeaderElection is false: the guard is at work before the process leads.
func (g *Guard) NeedLeaderElection() bool { return false }
