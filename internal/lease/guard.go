// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLost means that a write was refused because this process may no longer be the leader. That stays so until the
// process ends, which is soon.
var ErrLost = errors.New("the lease was not renewed in time, so another process may lead")

// ErrNotHeld means that a write was refused because this process is not the leader yet.
var ErrNotHeld = errors.New("this process does not hold the lease")

// Guard knows when the lease was last renewed. It is safe for concurrent use.
//
// A lease that was not renewed within the deadline counts as lost for good, even if this process could take it again.
// Work under way in this process depends on what was true before another process may have become the leader.
type Guard struct {
	deadline time.Duration
	clock    clock

	mu sync.Mutex
	// renewed is when the request of the last renewal began; nil before the first.
	renewed *instant
	lost    bool
	// failure is why this process must end; it closes ended.
	failure error
	ended   chan struct{}

	writes writes
}

// NewGuard returns a guard of a lease that is lost if it is not renewed within the deadline.
func NewGuard(deadline time.Duration) *Guard { return newGuard(deadline, newClock()) }

func newGuard(deadline time.Duration, c clock) *Guard {
	return &Guard{deadline: deadline, clock: c, ended: make(chan struct{})}
}

// Check returns nil while this process is the leader, and ErrNotHeld or ErrLost otherwise.
func (g *Guard) Check() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.check(g.clock())
}

// Alive returns why this process must end, and nil while it need not: it leads, or waits to lead. A process that cannot
// end by itself then has to be killed.
func (g *Guard) Alive() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.check(g.clock()); errors.Is(err, ErrLost) {
		return err
	}
	return g.failure
}

// check is Check at a given time. The caller holds the lock.
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

// end makes Start return an error; only the first one counts. The caller holds the lock.
func (g *Guard) end(failure error) {
	if g.failure == nil {
		g.failure = failure
		close(g.ended)
	}
}

// Start returns ErrLost soon after the lease was lost, or the reason why the process cannot get it, so that the manager
// and the process end. Otherwise it returns nil when the context ends.
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

// NeedLeaderElection returns false, because the guard works before the process is the leader.
func (g *Guard) NeedLeaderElection() bool { return false }
