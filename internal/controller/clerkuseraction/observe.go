// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// liveEnough is how old a copy of the user may be that was read since the action was asked for, when its reconciliations begin
// to wait for the token of its call. It does not count how long they wait: they would for ever spend the token on reading anew.
const liveEnough = time.Minute

// observe reads the ClerkUser and the user at Clerk live, and checks that the one is still the other's.
type observe struct {
	apiReader client.Reader
	clerk     connection.Reader
	mirror    *mirror.Mirror
	clusterID string
	now       func() time.Time
}

func (s observe) run(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) error {
	if err := checkStillFit(ctx, s.apiReader, action, o.user); err != nil {
		return err
	}
	user, err := s.read(ctx, action, o)
	if err != nil {
		return err
	}
	if clerkuser.MarkOf(s.clusterID, o.user, o.user.Status.Origin).OwnershipOf(user) == plan.Ours {
		o.observed = user
		return nil
	}
	// An adopted user gets its mark after the binding was recorded, and until then the conditions of the ClerkUser describe the
	// time before. A mark that an application removed is restored. So nothing is final here. What mark there is instead is not
	// told: the status of the ClerkUser may be a copy, by which somebody wants to learn whether a user is managed.
	return notMarked(o.user.Name, o.now.Sub(action.CreationTimestamp.Time))
}

// read gets the user from Clerk, or what was read by id a moment ago.
func (s observe) read(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) (*clerk.User, error) {
	age := liveEnough + o.state.tokenWaitFor(o.now)
	if user, ok := s.mirror.Recent(o.userID(), min(age, o.now.Sub(requestedBy(action)))); ok {
		return user, nil
	}
	if missed := o.state.missed; !missed.IsZero() {
		return nil, s.confirmAbsence(ctx, o, missed)
	}
	asked := s.now()
	user, err := s.clerk.User(ctx, o.userID())
	if clerk.IsNotFound(err) {
		return nil, s.absent(ctx, o, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", o.userID(), err)
	}
	user, ok := s.mirror.Read(user, asked)
	if !ok {
		return nil, &reconcile.WaitError{After: reconcile.StaleRetry, Err: errNotVisibleYet}
	}
	return user, nil
}

// absent returns the error for a user that Clerk answered not to have to a call that began at asked.
func (s observe) absent(ctx context.Context, o *outcome, asked time.Time) error {
	if left := lagLeft(s.mirror, o.user, asked); left > 0 {
		return &reconcile.WaitError{After: clerk.LagRetry(left), Err: errNotVisibleYet}
	}
	return s.confirmAbsence(ctx, o, asked)
}

// confirmAbsence asks in another way about a user that Clerk answered not to have, since that ends the action for good. That
// the user was missed is remembered while the call waits for its token, or the next reconciliation would spend that on missing
// it again.
func (s observe) confirmAbsence(ctx context.Context, o *outcome, asked time.Time) error {
	listed, err := s.clerk.Listed(ctx, o.userID())
	if _, waiting := clerk.Waiting(err); waiting {
		o.state.missed = asked
		return err
	}
	o.state.missed = time.Time{}
	switch {
	case err != nil:
		return fmt.Errorf("confirming that user %s is gone: %w", o.userID(), err)
	case listed:
		return &reconcile.WaitError{After: reconcile.DisagreementRetry, Err: errDisagreement}
	}
	s.mirror.NotFound(o.userID(), asked)
	return missing(o.userID())
}

// lagLeft returns for how long after asked Clerk may still not show the user, 0 if an absence is to be believed. It counts
// what this process wrote, and what is on record from before a restart.
func lagLeft(shown *mirror.Mirror, user *v1alpha1.ClerkUser, asked time.Time) time.Duration {
	left := shown.LagLeft(user.Status.UserID, asked)
	if at := user.Status.LastWriteTime; at != nil {
		left = max(left, clerk.LagLeft(asked, clerk.Recorded(at.Time, asked)))
	}
	return left
}

// requestedBy is when the action was asked for at the latest: the API server cuts off fractions of a second.
func requestedBy(action *v1alpha1.ClerkUserAction) time.Time {
	return action.CreationTimestamp.Add(time.Second)
}
