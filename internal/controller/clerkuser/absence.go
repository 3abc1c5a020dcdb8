// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// errGone: Clerk has no such user, and the answers that say so are late enough to be believed.
var errGone = errors.New("the user is no longer at Clerk")

// errNotRecreatedYet: a user that is to be created again waits for what the spec names.
var errNotRecreatedYet = errors.New("the user is created again when the spec is valid and the Secrets and ConfigMaps that it names are there")

// noUserError is an error that says why an object that is deleted has no user to remove.
type noUserError struct{ why string }

// Error says why there is no user.
func (e *noUserError) Error() string { return e.why }

// lagLeft returns for how long after asked Clerk may still not show a user, 0 if its absence is to be believed. It counts
// what this process wrote, and what is on record from before a restart.
func (p *pass) lagLeft(userID string, asked time.Time) time.Duration {
	var recorded []time.Time
	if at := p.user.Status.LastWriteTime; at != nil {
		recorded = append(recorded, clerk.Recorded(at.Time, asked))
	}
	if c := creation.Of(p.user); c != nil {
		recorded = append(recorded, clerk.Recorded(c.At, asked))
	}
	return max(p.in.connection.Mirror.LagLeft(userID, asked), clerk.LagLeft(asked, recorded...))
}

// notVisibleYet is the error of an absence that is not believed yet.
func notVisibleYet(left time.Duration) error {
	return &waitError{after: clerk.LagRetry(left), err: errNotVisibleYet}
}

// absent returns the error for a user that Clerk answered not to have to a call that began at asked: errGone if that is to be
// believed.
func (p *pass) absent(ctx context.Context, from reader, userID string, asked time.Time) error {
	if left := p.lagLeft(userID, asked); left > 0 {
		return notVisibleYet(left)
	}
	return p.confirmAbsence(ctx, from, userID, asked)
}

// confirmAbsence asks in another way about a user that Clerk answered not to have, since what follows cannot be undone: an
// object is let go, a user is created anew. Where a list has missed the user before, that is the other way. That it was missed is remembered while the call waits for its ticket, or the next
// pass would spend that on missing the user once more.
func (p *pass) confirmAbsence(ctx context.Context, from reader, userID string, asked time.Time) error {
	if p.in.connection.Mirror.Unlisted(userID) {
		return p.gone(userID, asked)
	}
	p.memory.rememberLookUp(p.user.UID, missedUser(userID), lookUp{asked: asked})
	listed, err := from.Listed(ctx, userID)
	if _, waiting := clerk.Waiting(err); !waiting {
		p.memory.forgetLookUp(p.user.UID, missedUser(userID))
	}
	switch {
	case err != nil:
		return fmt.Errorf("confirming that user %s is gone: %w", userID, err)
	case listed:
		return &waitError{after: disagreementRetry, err: errDisagreement}
	}
	return p.gone(userID, asked)
}

// gone records that Clerk has no such user, and returns the error for it.
func (p *pass) gone(userID string, asked time.Time) error {
	p.in.connection.Mirror.NotFound(userID, asked)
	return fmt.Errorf("reading user %s: %w", userID, errGone)
}

// errDisagreement: a read by id and a list say different things about a user.
var errDisagreement = errors.New("reads of the user by id say that there is none, but a list shows it")

// disagreementRetry is the pause after answers that say different things.
const disagreementRetry = 10 * time.Second

// missedBefore returns when a user was missed by an earlier pass that had no ticket to have that confirmed.
func (p *pass) missedBefore(userID string) (asked time.Time, missed bool) {
	known, found := p.memory.lookUp(p.user.UID, missedUser(userID))
	return known.asked, found && p.now.Sub(known.asked) < waitedFor
}

// missedUser is the question under which memory has it that a user was missed.
func missedUser(userID string) clerk.Identifier {
	return clerk.Identifier{Kind: "missed", Value: userID}
}

// doubt makes the copy of a user doubtful after a call whose answer does not hold the user. A deletion, and a call that was
// answered with 404, wrote nothing that Clerk would have to show.
func (p *pass) doubt(userID string, change plan.Change, err error) {
	if _, waiting := clerk.Waiting(err); waiting {
		return
	}
	if _, deletes := change.(plan.Delete); deletes || clerk.IsNotFound(err) {
		p.in.connection.Mirror.Forget(userID)
		return
	}
	p.in.connection.Mirror.WrotePart(userID)
}

// vanished decides what happens with a user that Clerk no longer has.
func (p *pass) vanished(ctx context.Context) error {
	if left := p.lagLeft(p.userID, p.now); left > 0 {
		return notVisibleYet(left)
	}
	if p.user.Spec.Observes() {
		p.observed = nil
		return nil
	}
	if err := cmp.Or(p.invalid, p.missing); err != nil && p.origin == v1alpha1.OriginCreated {
		// The user is not created again from half a spec. The order to do so stands meanwhile.
		if p.asksAnew() {
			return &waitError{after: sourceRetry, err: errNotRecreatedYet}
		}
		return err
	}
	if p.origin == v1alpha1.OriginCreated && p.mayCreateAnew() {
		return p.createAnew(ctx)
	}
	gone := p.userID
	if p.origin == v1alpha1.OriginAdopted {
		// Another user may be named next; spec.userID must equal status.userID as long as that is set.
		p.userID, p.applied = "", v1alpha1.Applied{}
		p.in.connection.Mirror.Unbind(p.uid())
	}
	return missing(gone, p.origin)
}

// errNamedNotVisible: the user that spec.userID names may have been created a moment before it was named.
var errNamedNotVisible = errors.New("clerk shows no user with the id in spec.userID; a user that was created just now may not be visible yet")

// namedMissing returns the error for a user that spec.userID names and that Clerk does not have. Whoever creates a user and
// names it at once may be faster than Clerk shows the user, so the first verdict on a spec waits that time out.
func (p *pass) namedMissing(id string) error {
	if left := clerk.LagLeft(p.Now(), p.seenFirst()); left > 0 && !p.toldMissing() {
		return &waitError{after: clerk.LagRetry(left), err: errNamedNotVisible}
	}
	return missing(id, v1alpha1.OriginAdopted)
}

// toldMissing reports whether the conditions say of this generation that the user is missing.
func (p *pass) toldMissing() bool {
	ready := readyCondition(p.user)
	return ready != nil && ready.Reason == v1alpha1.ReasonMissing && ready.ObservedGeneration == p.user.Generation
}
