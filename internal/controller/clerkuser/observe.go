// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// reader is what observing may do at Clerk.
type reader interface {
	User(ctx context.Context, id string) (*clerk.User, error)
	Listed(ctx context.Context, id string) (bool, error)
	UsersBy(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error)
}

// observe finds out how the user is at Clerk, and whether it is ours; an object without a user is bound to one first.
func (p *pass) observe(ctx context.Context) error {
	if id := p.onRecord(); p.userID == "" && !p.user.Spec.Observes() {
		p.userID = id
	}
	if p.userID == "" {
		return p.bind(ctx)
	}
	user, err := p.find(ctx, p.userID)
	if errors.Is(err, errGone) {
		return p.vanished(ctx)
	}
	if err != nil {
		return err
	}
	return p.ensureOurs(ctx, user)
}

// onRecord is the user that an earlier pass of this process bound the object to, if status does not have it yet; "" if
// there is none, or if the spec has come to name another.
func (p *pass) onRecord() string {
	id, _, _ := p.in.connection.Mirror.BoundTo(p.uid())
	if named := p.user.Spec.UserID; named != nil && *named != id {
		return ""
	}
	return id
}

// find returns the user as the mirror has it, or reads it where the mirror has nothing that may be acted upon.
func (p *pass) find(ctx context.Context, id string) (*clerk.User, error) {
	known := p.in.connection.Mirror
	sight := known.Look(p.uid(), id)
	if sight.Presence == mirror.MassAbsent && !p.user.Spec.Observes() && !releasedSince(p.in.instance, sight.Since) {
		p.memory.brakeHeld(p.user.UID, sight.Since)
		return nil, massAbsence(instanceName(p.in.instance))
	}
	if maxAge, asked := p.freshness(); asked {
		if user, ok := known.Recent(id, maxAge); ok {
			return user, nil
		}
		return p.read(ctx, p.in.client, id)
	}
	switch {
	case sight.Presence == mirror.Present && (!sight.Lagging || p.isAsDeclared(sight.User)) && !p.wouldForget(sight.User):
		p.memory.unbrake(p.user.UID)
		return sight.User, nil
	case sight.Presence == mirror.Absent:
		return nil, errGone
	case sight.Presence == mirror.Pending && p.drift:
		return nil, errNotRead
	}
	return p.read(ctx, p.in.client, id)
}

// isAsDeclared reports whether a user is this object's and nothing of it is to be changed.
func (p *pass) isAsDeclared(user *clerk.User) bool {
	return p.mark().OwnershipOf(user) == plan.Ours && len(plan.For(p.desired, user)) == 0
}

// freshness is how old a copy of the user may be for this pass, if that matters. Who asks for a fresh look wants one from
// after the question, and so does a new wish to lift any lock: a lock that an older copy does not show would be taken for
// one that Clerk set later, and left. A copy from after it is good for every pass that the wish takes, or a pass that
// waits for tickets would for ever spend them on reading.
func (p *pass) freshness() (maxAge time.Duration, asked bool) {
	locked := p.user.Spec.Locked
	unlocks := !p.drift && locked != nil && !*locked
	if !unlocks && !p.forced() {
		return 0, false
	}
	return p.now.Sub(p.seenFirst()) - time.Nanosecond, true
}

// read gets the user from Clerk. An answer older than one that is known already counts for nothing. The error is errGone if
// Clerk has no such user.
func (p *pass) read(ctx context.Context, from reader, id string) (*clerk.User, error) {
	if asked, missed := p.missedBefore(id); missed {
		return nil, p.confirmAbsence(ctx, from, id, asked)
	}
	asked := p.Now()
	user, err := from.User(ctx, id)
	if clerk.IsNotFound(err) {
		return nil, p.absent(ctx, from, id, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", id, err)
	}
	p.memory.unbrake(p.user.UID)
	known, ok := p.in.connection.Mirror.Read(user, asked)
	if !ok {
		return nil, &waitError{after: staleRetry, err: errNotVisibleYet}
	}
	return known, nil
}

// staleRetry is the pause after a read that did not show what was written before.
const staleRetry = 2 * time.Second

// ensureOurs checks before anything is written that the user carries our mark, or that it may be put under it.
func (p *pass) ensureOurs(ctx context.Context, user *clerk.User) error {
	if wins, err := p.winsOver(ctx, user); err != nil {
		return err
	} else if wins {
		return p.bindTo(ctx, user, restored)
	}
	how, err := p.claim(ctx, user)
	if err != nil {
		return err
	}
	return p.bindTo(ctx, user, how)
}

// mayCreateAnew reports whether a user that the operator created and that is gone is to be created again: if the person
// could not have left, or if somebody changed the spec since it was found missing.
func (p *pass) mayCreateAnew() bool {
	if self := p.user.Spec.DeleteSelfEnabled; self != nil && !*self {
		return true
	}
	ready := readyCondition(p.user)
	if ready == nil {
		return false
	}
	// What the brake holds was to be created again. What was missed with many others was not, unless it was edited since.
	held := ready.Reason == v1alpha1.ReasonDeletionHeld && !p.drift
	return held || p.asksAnew()
}

// asksAnew reports whether the spec was changed since the user was found missing, which is the order to create it again.
func (p *pass) asksAnew() bool {
	ready := readyCondition(p.user)
	return ready != nil && ready.Reason == v1alpha1.ReasonMissing && ready.ObservedGeneration != p.user.Generation
}

// createAnew creates the user again, under a new id. The brake counts it: where many users are gone at once, the key is
// more likely wrong than the people. That the object has no user is on record before the call, so that a crash after it
// is one like any other after a creating call.
func (p *pass) createAnew(ctx context.Context) error {
	if err := p.brake(ctx, p.userID); err != nil {
		return err
	}
	p.in.connection.Mirror.Unbind(p.uid())
	p.userID, p.origin, p.applied = "", "", v1alpha1.Applied{}
	if err := p.reportIntent(ctx); err != nil {
		return err
	}
	if err := p.readSources(ctx); err != nil {
		return err
	}
	if err := p.think(); err != nil {
		return err
	}
	if err := p.patchPrepared(ctx, p.toCreate(nil)); err != nil {
		return err
	}
	if err := p.create(ctx); err != nil {
		return err
	}
	p.notef(v1alpha1.EventRecreated, "Create", "the user had vanished from Clerk and was created again as %s", p.userID)
	return nil
}

// differing names the fields of the spec that were not carried out.
func (p *pass) differing() []string {
	return slices.DeleteFunc(slices.Clone(p.pending), func(field string) bool { return field == plan.FieldOwnerMark })
}
