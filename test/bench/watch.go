// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"
)

const (
	// lookInterval is how often the operator is looked at during a phase.
	lookInterval = 200 * time.Millisecond
	// tolerated is how late a look may come before that is worth a note.
	tolerated = 2 * time.Second
)

// sight is what was seen during a phase.
type sight struct {
	// sockets is the most that the operator had open.
	sockets int
	// standstill is the longest time that a look came too late by: what the machine did for others, or for nobody.
	standstill time.Duration
}

// watchPhase looks at the operator until the returned func is called, which looks once more and returns what was seen.
func (env *environment) watchPhase(ctx context.Context) func() sight {
	ctx, cancel := context.WithCancel(ctx)
	var seen sight
	look := func() {
		// While it is restarted there is none.
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
	return func() sight {
		cancel()
		watching.Wait()
		look()
		return seen
	}
}
