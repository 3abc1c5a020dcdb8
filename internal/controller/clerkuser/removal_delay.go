// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// checkDelay returns the problem DeletionPending if the removal of the user has to wait, without a call to Clerk. It knows the user
// from the mirror only, so that removeUser checks again what it read from Clerk.
func (m remove) checkDelay(ctx context.Context) error {
	user, exists := m.knownUser()
	if !exists {
		return nil
	}
	if mark, marked := plan.FindMark(markedUser(user)); marked && m.mark().OwnershipOf(user) == plan.Ours {
		m.origin = mark.Origin
	}
	policy := m.effectivePolicy()
	if policy == v1alpha1.DeletionRetain {
		return nil
	}
	pending := m.untilDue(ctx, policy)
	if pending == nil {
		return nil
	}
	if successor, err := m.transfer.findSuccessor(ctx, user); err != nil || successor != nil {
		return err
	}
	return pending
}

// markedUser is the user, or one without a mark if it is not known.
func markedUser(user *clerk.User) *clerk.User {
	if user == nil {
		return &clerk.User{}
	}
	return user
}

// knownUser is the user as the mirror knows it; nil if it does not. exists is false if there is no user that this object would
// remove, as far as the mirror knows.
func (m remove) knownUser() (user *clerk.User, exists bool) {
	if m.userID == "" {
		return nil, true
	}
	switch sight := m.mirror.Look(m.uid(), m.userID); sight.Presence {
	case mirror.Absent:
		return nil, false
	case mirror.Present:
		ownership := m.mark().OwnershipOf(sight.User)
		return sight.User, ownership == plan.Ours || ownership == plan.Unmarked && m.signed(m.userID)
	case mirror.Pending, mirror.Doubtful, mirror.MassAbsent:
	}
	return nil, true
}

// effectivePolicy is what happens to the user, also if the ClerkInstance forbids removals.
func (r *reconciliation) effectivePolicy() v1alpha1.DeletionPolicy {
	if !r.instance.Spec.MayDelete() {
		return v1alpha1.DeletionRetain
	}
	return r.user.Spec.OnDelete(r.origin)
}

// untilDue returns the problem DeletionPending until the deletionDelay is over.
func (m remove) untilDue(ctx context.Context, policy v1alpha1.DeletionPolicy) error {
	delay, err := m.brake.Delay(ctx, brake.Request{Instance: m.instance, InstanceID: m.instanceID, Environment: m.environment})
	if err != nil || delay == 0 {
		return err
	}
	if left := delay - m.now.Sub(m.deletionSeen()); left > 0 {
		return deletionPending(policy, m.user.DeletionTimestamp.Add(delay), left)
	}
	return nil
}

// deletionSeen is when the deletion was requested, by the clock of this process. The API server's clock, which wrote the deletion
// time, may differ, so that time counts only if this process did not see the request. A deletion time in the future counts as
// now, at the first reconciliation.
func (r *reconciliation) deletionSeen() time.Time {
	if at := r.state.deletedAt; !at.IsZero() {
		return at
	}
	if r.state.removingSince.IsZero() {
		r.state.removingSince = r.now
	}
	if at := r.user.DeletionTimestamp.Time; at.Before(r.state.removingSince) {
		return at
	}
	return r.state.removingSince
}
