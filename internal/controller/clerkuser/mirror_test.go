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

// tails lets a drift interval pass and the mirror read what was changed last, and returns the uids that it wakes.
func (s *stage) tails() []string {
	s.t.Helper()
	return s.mirrorWorks(v1alpha1.DefaultDriftInterval, func(r mirror.Report) int64 { return r.IncrementalSyncs })
}

// compares lets a full interval pass and the mirror compare everything, and returns the uids that it wakes.
func (s *stage) compares() []string {
	s.t.Helper()
	return s.mirrorWorks(v1alpha1.DefaultFullInterval, func(r mirror.Report) int64 { return r.FullSyncs })
}

// loads lets the mirror read the users that are new to it, and returns the uids that it wakes.
func (s *stage) loads() []string {
	s.t.Helper()
	return s.mirrorWorks(0, func(r mirror.Report) int64 {
		if r.Pending > 0 {
			return 0
		}
		return 1
	})
}

// mirrorWorks runs the mirror until it has done more of the work that is counted.
func (s *stage) mirrorWorks(after time.Duration, work func(mirror.Report) int64) []string {
	s.t.Helper()
	s.clock.advance(after)
	state, _ := s.Pool.State(instanceName(newTestInstance()))
	client, shared := state.Connection.Client, state.Connection.Mirror
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	before := work(shared.Report())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		shared.Run(ctx, client.For(ratelimit.Caller{ID: "mirror"}), s.clerk.ID())
	}()
	shared.Follow(nil)
	for r := shared.Report(); work(r) == before || r.FullSyncs == 0; r = shared.Report() {
		if ctx.Err() != nil {
			s.t.Fatalf("the mirror does not come to an end: %+v", r)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
	woken := putIn(s.Pool.ChangedUsers(), "the last")
	slices.Sort(woken)
	return woken
}
