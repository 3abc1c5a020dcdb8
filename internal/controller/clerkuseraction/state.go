// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// objectState is what this process remembers of a ClerkUserAction between reconciliations. None of it is needed to be right:
// after a restart an end that could not be written is an outcome that is not known.
type objectState struct {
	// backOff is how long no reconciliation is made after one that failed; nil after one that did not. The queue's own delays
	// do not suffice: what a reconciliation writes enqueues the object again.
	backOff *backOff
	// start is the start on record that this process has seen last, and startSeen when it saw it first; zero if it saw none.
	start, startSeen time.Time
	// tokenWait is since when reconciliations lack nothing but the token for the call; zero if the last one did not.
	tokenWait time.Time
	// missed is when Clerk was asked for the user and had none, while that waits to be confirmed; zero if it does not.
	missed time.Time
	// called is true once a call that this process began has ended, so that none is under way.
	called bool
	// unwritten is the status with what a call came to, its end or that it was refused for now, which could not be written.
	unwritten *v1alpha1.ClerkUserActionStatus
}

// noInputs: every failure is repeated after its back-off, whatever has changed.
type noInputs struct{}

type backOff = reconcile.BackOff[noInputs]

// startSeenFor returns for how long this process has known of a start that is on record.
func (s *objectState) startSeenFor(start, now time.Time) time.Duration {
	if !s.start.Equal(start) {
		s.start, s.startSeen = start, now
	}
	return now.Sub(s.startSeen)
}

// tokenWaitFor returns for how long reconciliations have lacked nothing but a token.
func (s *objectState) tokenWaitFor(now time.Time) time.Duration {
	if s.tokenWait.IsZero() {
		return 0
	}
	return now.Sub(s.tokenWait)
}
