// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// liveEnough is how old a copy of the user may be that was read since the action was asked for, when its passes begin to wait
// for the ticket of its call. It does not count how long they wait: they would for ever spend the ticket on reading anew.
const liveEnough = time.Minute

// observe reads the ClerkUser and the user at Clerk live, and checks that the one is still the other's.
func (p *pass) observe(ctx context.Context) error {
	if err := p.stillFit(ctx); err != nil {
		return err
	}
	user, err := p.read(ctx)
	if err != nil {
		return err
	}
	if clerkuser.MarkOf(p.ClusterID, p.user, p.user.Status.Origin).OwnershipOf(user) == plan.Ours {
		p.observed = user
		return nil
	}
	// What mark there is instead is not told: the status of the ClerkUser may be a copy, by which somebody wants to learn whether
	// a user is managed. The ClerkUser's own verdict decides, which knows that better and tells it to nobody either.
	if turnedAway(p.user) {
		return errOwnedElsewhere
	}
	// An adopted user gets its mark after the binding was recorded, and a mark that an application removed is restored.
	return notMarked(p.user.Name)
}

// turnedAway reports whether a ClerkUser was told that the user is not its own.
func turnedAway(user *v1alpha1.ClerkUser) bool {
	ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Reason == v1alpha1.ReasonAlreadyExists || ready.Reason == v1alpha1.ReasonConflict)
}

// read gets the user from Clerk, or what was read by id a moment ago.
func (p *pass) read(ctx context.Context) (*clerk.User, error) {
	known := p.connection.Mirror
	age := liveEnough + p.memory.queuedFor(p.action.UID, p.now)
	if user, ok := known.Recent(p.userID, min(age, p.now.Sub(p.askedBy()))); ok {
		return user, nil
	}
	if missed := p.memory.of(p.action.UID).missed; !missed.IsZero() {
		return nil, p.confirmAbsence(ctx, missed)
	}
	asked := p.Now()
	user, err := p.client.User(ctx, p.userID)
	if clerk.IsNotFound(err) {
		return nil, p.absent(ctx, asked)
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

// absent returns the error for a user that Clerk answered not to have to a call that began at asked.
func (p *pass) absent(ctx context.Context, asked time.Time) error {
	if left := p.lagLeft(asked); left > 0 {
		return &waitError{after: clerk.LagRetry(left), err: errNotVisibleYet}
	}
	return p.confirmAbsence(ctx, asked)
}

// confirmAbsence asks in another way about a user that Clerk answered not to have, since that ends the action for good. That the
// user was missed is remembered while the call waits for its ticket, or the next pass would spend that on missing it again.
func (p *pass) confirmAbsence(ctx context.Context, asked time.Time) error {
	listed, err := p.client.Listed(ctx, p.userID)
	if _, waiting := clerk.Waiting(err); waiting {
		p.memory.change(p.action.UID, func(o *recollection) { o.missed = asked })
		return err
	}
	p.memory.change(p.action.UID, func(o *recollection) { o.missed = time.Time{} })
	switch {
	case err != nil:
		return fmt.Errorf("confirming that user %s is gone: %w", p.userID, err)
	case listed:
		return &waitError{after: disagreementRetry, err: errDisagreement}
	}
	p.connection.Mirror.NotFound(p.userID, asked)
	return missing(p.userID)
}

// lagLeft returns for how long after asked Clerk may still not show the user, 0 if an absence is to be believed. It counts
// what this process wrote, and what is on record from before a restart.
func (p *pass) lagLeft(asked time.Time) time.Duration {
	left := p.connection.Mirror.LagLeft(p.userID, asked)
	if at := p.user.Status.LastWriteTime; at != nil {
		left = max(left, clerk.LagLeft(asked, clerk.Recorded(at.Time, asked)))
	}
	return left
}

// askedBy is when the action was asked for at the latest: the API server cuts off fractions of a second.
func (p *pass) askedBy() time.Time { return p.action.CreationTimestamp.Add(time.Second) }
