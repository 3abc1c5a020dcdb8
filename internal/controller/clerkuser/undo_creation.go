// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// undoRetry is the pause between two attempts to delete a user again.
const undoRetry = time.Second

// undoCreation deletes the user that this pass created, if the object is gone or bound to another one meanwhile. No later pass
// would: its owner mark names an object that is no more, or that has another user. That Clerk knows no such user may be due to
// lag, so the attempts go on until the context ends.
func (p *pass) undoCreation(ctx context.Context) error {
	if !p.justCreated() || p.observed == nil {
		return nil
	}
	id := p.observed.ID
	for {
		err := p.deleteCreated(ctx, id)
		if err == nil {
			return nil
		}
		pause := undoRetry
		if clerk.IsNotFound(err) {
			pause = clerk.LagRetry(clerk.LagTime)
		}
		if at, waiting := clerk.Waiting(err); waiting {
			pause = max(at.Sub(p.Now()), time.Millisecond)
		}
		if _, rejected := clerk.Rejected(err); rejected || !sleep(ctx, pause) {
			return fmt.Errorf("user %s is left behind at Clerk, created for an object that is gone or has another user: %w", id, err)
		}
	}
}

// deleteCreated deletes a user that carries the mark of this object. A successor of the same name may have taken it over.
func (p *pass) deleteCreated(ctx context.Context, id string) error {
	user, err := p.in.client.User(ctx, id)
	if err != nil {
		return fmt.Errorf("reading user %s: %w", id, err)
	}
	if p.mark().OwnershipOf(user) != plan.Ours {
		return nil
	}
	if _, err := carryOut(ctx, p.in.client, id, plan.Delete{}); err != nil {
		return fmt.Errorf("deleting user %s: %w", id, err)
	}
	p.in.connection.Mirror.Forget(id)
	p.Pool.Unbind(p.uid())
	p.notef(v1alpha1.EventDeleted, "Delete", "deleted user %s again: when it was created, the object was gone or had another user", id)
	return nil
}

// sleep waits, and reports whether the context has not ended by then.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
