// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// bind makes a user belong to the object: the one that locate found, or a new one.
type bind struct {
	objectPatcher
	creator  connection.Creator
	resolver resolveInstance
	clock    func() time.Time
}

// checkToken returns an error if an earlier reconciliation of this spec waited for the token of a creating call, and there is
// still none. All other work is skipped then, since an object may have to wait several times.
func (b bind) checkToken() error {
	if !b.state.attempt.isWaiting(b.user.Generation) || !b.mayCreate() {
		return nil
	}
	return b.reserveToken()
}

// reserveToken reserves the token of a creating call, and remembers if there is none yet.
func (b bind) reserveToken() error {
	err := b.creator.Reserve()
	_, waiting := clerk.Waiting(err)
	b.state.attempt.setWaiting(b.user.Generation, waiting)
	if err != nil {
		return fmt.Errorf("waiting to create the user: %w", err)
	}
	return nil
}

// prepare adds the finalizer before anything is written to Clerk. Without it, an object that is deleted meanwhile would leave
// the user behind. For a user that is to be created, the same patch adds the annotation of the creating call. The patch is made
// only when the token is available. Otherwise the patches of many new objects would delay all other writes.
func (b bind) prepare(ctx context.Context) error {
	if b.user.Spec.Observes() {
		return nil
	}
	if !b.mayCreate() {
		return b.ensureFinalizer(ctx, nil)
	}
	if err := b.resolver.confirmStays(ctx); err != nil {
		return err
	}
	if err := b.reserveToken(); err != nil {
		return err
	}
	if err := b.ensureFinalizer(ctx, b.nextAttempt(creation.Of(b.user))); err != nil {
		return err
	}
	// From now on, the deletion of a ClerkInstance waits for what was just written.
	return b.resolver.confirmStays(ctx)
}

// errNotMarked: the answer to a creating call shows a user without the mark that was sent.
var errNotMarked = errors.New("the answer to the creating call shows another user")

// create sends the creating call. The call contains the owner mark, so that the user can be recognized even if the answer is
// lost. An answer without the mark counts as lost: it shows another user, which must not be changed. If there is neither a user
// nor an error, Clerk refused because an identifier is taken, and locate finds its user.
func (b bind) create(ctx context.Context) (location, error) {
	if len(b.desired.Identifiers()) == 0 {
		return location{}, errNoIdentifier
	}
	if b.formerAttempt() != nil {
		if err := b.ensureFinalizer(ctx, b.nextAttempt(nil)); err != nil {
			return location{}, err
		}
	}
	if !b.upToDate {
		if err := b.confirmPresent(ctx); err != nil {
			return location{}, err
		}
	}
	changes, called := b.diff(nil), b.clock()
	call, _ := changes[0].(plan.Create)
	user, err := b.creator.CreateUser(ctx, b.write("", call, b.causeOf(call)), call.Params)
	if err == nil && b.mark().OwnershipOf(user) != plan.Ours {
		err = &clerk.AnswerLostError{Err: errNotMarked}
	}
	if err != nil {
		return location{}, b.notCreated(err, called)
	}
	b.did = append(b.did, changes...)
	b.state.attempt.succeed()
	b.state.unpause()
	b.identifiers.Forget(b.uid())
	b.mirror.Wrote(user, called)
	return location{user: user, how: created}, nil
}

// notCreated records a creating call that failed. It returns nil if an identifier is taken.
func (b bind) notCreated(err error, called time.Time) error {
	b.state.attempt.fail(err)
	if kind, taken := clerk.IdentifierTaken(err); taken {
		b.state.attempt.taken = &takenRefusal{generation: b.user.Generation, kind: kind, err: err, calledAt: called}
		return nil
	}
	return creationError(err)
}

func creationError(err error) error { return fmt.Errorf("creating the user: %w", err) }

// run binds the object to a user. In mode Observe it only records the user, and signs the binding only if the user already
// belonged to the object.
func (b bind) run(ctx context.Context, where location) error {
	if b.user.Spec.Observes() {
		return b.observeOnly(where.user, where.how)
	}
	b.observed = where.user
	b.settleOrigin(where.user, where.how)
	if err := b.recordBinding(ctx, where.user, where.how); err != nil {
		return err
	}
	return b.buildDesired()
}

// observeOnly observes a user without binding it. The object may be bound to it already.
func (b bind) observeOnly(user *clerk.User, how bindKind) error {
	switch sight := b.mirror.Look(b.uid(), user.ID); sight.Presence {
	case mirror.Present:
		user = sight.User
	case mirror.Pending:
	case mirror.Doubtful, mirror.Absent, mirror.MassAbsent:
		b.state.lookUps = nil
		return &reconcile.WaitError{After: reconcile.StaleRetry, Err: errNotVisibleYet}
	}
	b.observed = user
	if b.owned = how == bound || how == restored; b.owned {
		b.settleOrigin(user, how)
	}
	b.baseline(user, how)
	return b.buildDesired()
}

// recordBinding puts the binding on record. Before an adoption, the object is read from the API server: the request to adopt
// may have been withdrawn. Status has the binding before the mark is written, as the annotation precedes a creating call. After
// a crash in between, the object still knows the user.
func (b bind) recordBinding(ctx context.Context, user *clerk.User, how bindKind) error {
	becomesOurs := how == adopted || how == inherited
	if becomesOurs && b.sourcesErr != nil {
		// The digests of the sources are needed here: they distinguish declared values from others that Clerk never shows.
		return b.sourcesErr
	}
	if becomesOurs {
		if err := b.confirmPresent(ctx); err != nil {
			return err
		}
	}
	b.baseline(user, how)
	if how != bound && how != restored {
		// Whatever was reported for this generation, nothing of it was applied to this user.
		b.reported = false
	}
	b.userID, b.owned = user.ID, true
	if how == resumed {
		b.state.attempt.succeed()
		b.state.unpause()
	}
	b.mirror.Bind(b.uid(), user.ID)
	if !b.onlyRestricts {
		// Otherwise this reconciliation does not write the mark, and a later one records the event.
		b.recordBindEvent(user, how)
	}
	if becomesOurs {
		return b.recordIntent(ctx)
	}
	return nil
}

// settleOrigin takes the origin and the applied record from the mark. For a user that was just created, it takes them from the
// annotation.
func (r *reconciliation) settleOrigin(user *clerk.User, how bindKind) {
	mark, readable := plan.FindMark(user)
	switch {
	case how == adopted:
		r.origin = v1alpha1.OriginAdopted
	case readable && mark.Origin != "":
		r.origin = mark.Origin
	}
	if how == inherited && mark.BannedOnDelete {
		r.record.InheritBan()
	}
	if how == created || r.user.Status.UserID == "" {
		if c := creation.Of(r.user); c != nil && r.origin == v1alpha1.OriginCreated && r.record.Empty() {
			r.record.Inherit(c.Applied)
		}
	}
	if how == created {
		r.record.Commit(r.desired, r.did...)
	}
}

// recordBindEvent records how the object got its user.
func (r *reconciliation) recordBindEvent(user *clerk.User, how bindKind) {
	switch how {
	case created:
		r.recordEventf(v1alpha1.EventCreated, "Create", "created user %s", user.ID)
		if r.recreates {
			r.recordEventf(v1alpha1.EventRecreated, "Create", "the user was gone from Clerk and was created again as %s", user.ID)
		}
	case resumed:
		r.recordEventf(v1alpha1.EventResumed, "Bind", "found user %s, which has this object's owner mark", user.ID)
	case restored:
		r.recordEventf(v1alpha1.EventMarkRestored, "Update", "somebody removed the owner mark from user %s; the operator writes it again", user.ID)
	case inherited:
		r.recordEventf(v1alpha1.EventAdopted, "Bind", "inherited user %s from an earlier ClerkUser of this name", user.ID)
	case adopted:
		r.recordEventf(v1alpha1.EventAdopted, "Bind", "adopted user %s", user.ID)
	case bound:
	}
}

// prepareRecreation removes the binding to a vanished user, so that the object can have a new user with another id. The brake
// counts this: if many users are gone at once, the key is probably wrong. Status shows no user before the creating call, so
// that a crash after the call is handled as after any creating call.
func (b bind) prepareRecreation(ctx context.Context, brake brake.Brake) error {
	if err := b.countAtBrake(ctx, brake, b.userID, nil); err != nil {
		return err
	}
	b.mirror.Unbind(b.uid())
	b.userID, b.origin, b.recreates = "", "", true
	b.record.Clear()
	return b.recordIntent(ctx)
}
