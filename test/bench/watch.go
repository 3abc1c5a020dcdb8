// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"
)

const (
	// lookInterval is how often the operator is observed during a phase.
	lookInterval = 200 * time.Millisecond
	// tolerated is the maximum delay of an observation without a note.
	tolerated = 2 * time.Second
)

// observation is what was observed during a phase.
type observation struct {
	// sockets is the maximum number of open sockets of the operator.
	sockets int
	// standstill is the longest delay of an observation, during which the machine did something else or nothing.
	standstill time.Duration
}

// watchPhase observes the operator until the returned func is called, which observes it once more and returns the
// result.
func (env *environment) watchPhase(ctx context.Context) func() observation {
	ctx, cancel := context.WithCancel(ctx)
	var seen observation
	look := func() {
		// During a restart there is no operator.
		if count, err := countSockets(int(env.pid.Load())); err == nil {
			seen.sockets = max(seen.sockets, count)
		}
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		last := time.Now()
		for pause(ctx, lookInterval) == nil {
			seen.standstill = max(seen.standstill, time.Since(last)-lookInterval)
			last = time.Now()
			look()
		}
	})
	return func() observation {
		cancel()
		watching.Wait()
		look()
		return seen
	}
}
