// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// incrementalSync advances the clock by a drift interval, runs an incremental sync, and returns the uids that the mirror
// enqueues.
func (f *fixture) incrementalSync() []string {
	f.t.Helper()
	return f.runMirror(v1alpha1.DefaultDriftInterval, func(r mirror.Report) int64 { return r.IncrementalSyncs })
}

// fullSync advances the clock by a full interval, runs a full sync, and returns the uids that the mirror enqueues.
func (f *fixture) fullSync() []string {
	f.t.Helper()
	return f.runMirror(v1alpha1.DefaultFullInterval, func(r mirror.Report) int64 { return r.FullSyncs })
}

// initialSync lets the mirror read its new users, and returns the uids that it enqueues.
func (f *fixture) initialSync() []string {
	f.t.Helper()
	return f.runMirror(0, func(r mirror.Report) int64 {
		if r.Pending > 0 {
			return 0
		}
		return 1
	})
}

// runMirror runs the mirror until it has done more of the counted work.
func (f *fixture) runMirror(after time.Duration, work func(mirror.Report) int64) []string {
	f.t.Helper()
	f.clock.advance(after)
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	client, shared := state.Connection.Client, state.Connection.Mirror
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
	defer cancel()
	before := work(shared.Report())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		shared.Run(ctx, client.For(ratelimit.Caller{ID: "mirror"}), f.clerk.ID())
	}()
	shared.Follow(nil)
	for r := shared.Report(); work(r) == before || r.FullSyncs == 0; r = shared.Report() {
		if ctx.Err() != nil {
			f.t.Fatalf("the mirror does not come to an end: %+v", r)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
	enqueued := drain(f.Pool.ChangedUsers(), "the last")
	slices.Sort(enqueued)
	return enqueued
}
