// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

const (
	// liveEnough is how old a copy of the user may be that was read since the act was asked for, when its passes begin to wait
	// for the ticket of its call. It does not count how long they wait: they would for ever spend the ticket on reading anew.
	liveEnough = time.Minute
	// lagTime is how long reads of a user may not show what was written, or that it was created.
	lagTime = time.Minute
)

// observe reads the ClerkUser and the user at Clerk live, and checks that the one is still the other's.
func (p *pass) observe(ctx context.Context) error {
	if err := p.stillFit(ctx); err != nil {
		return err
	}
	user, err := p.read(ctx)
	if err != nil {
		return err
	}
	switch clerkuser.MarkOf(p.ClusterID, p.user, p.user.Status.Origin).OwnershipOf(user) {
	case plan.Ours:
		p.observed = user
		return nil
	case plan.Unmarked, plan.Predecessors:
		// An adopted user gets its mark after the binding was recorded, and a mark that an application removed is restored.
		return notMarked(p.user.Name)
	case plan.Anothers:
	}
	return errOwnedElsewhere
}

// read gets the user from Clerk, or what was read by id a moment ago.
func (p *pass) read(ctx context.Context) (*clerk.User, error) {
	known := p.connection.Mirror
	age := liveEnough + p.memory.queuedFor(p.action.UID, p.now)
	if user, ok := known.Recent(p.userID, min(age, p.now.Sub(p.askedBy()))); ok {
		return user, nil
	}
	asked := p.Now()
	user, err := p.client.User(ctx, p.userID)
	if clerk.IsNotFound(err) {
		known.NotFound(p.userID, asked)
		return nil, p.vanished()
	}
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", p.userID, err)
	}
	user, ok := known.Read(user, asked)
	if !ok {
		return nil, &waitError{after: staleRetry, err: errNotVisibleYet}
	}
	return user, nil
}

// vanished says that the user is gone, unless it was created or written to so shortly before that reads may not show it.
func (p *pass) vanished() error {
	if p.justWritten() {
		return &waitError{after: staleRetry, err: errNotVisibleYet}
	}
	return missing(p.userID)
}

// justWritten reports whether the user was created or written to so shortly before that Clerk may not show it.
func (p *pass) justWritten() bool {
	written := p.user.Status.LastWriteTime
	return written != nil && p.now.Sub(written.Time) < lagTime
}

// askedBy is when the act was asked for at the latest: the API server cuts off fractions of a second.
func (p *pass) askedBy() time.Time { return p.action.CreationTimestamp.Add(time.Second) }
