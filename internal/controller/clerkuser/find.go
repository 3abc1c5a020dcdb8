// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// finder reads users from Clerk. It cannot write.
type finder struct {
	*reconciliation
	calls connection.Reader
	clock func() time.Time
}

// lookUp is the answer to a look-up, and when the look-up began.
type lookUp struct {
	hits     []*clerk.User
	calledAt time.Time
}

// lookUpTTL is how long later reconciliations use an answer. It is longer than any wait for a token.
const lookUpTTL = 15 * time.Minute

// findByIdentifier looks users up by values of one kind. A reconciliation without a token ends and starts again later, so
// answers are kept until a reconciliation finishes. Otherwise one that needs two calls would always spend its token on the
// first. An object in mode Observe without a user is enqueued by full syncs, and searches again then.
func (f finder) findByIdentifier(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error) {
	question := clerk.Identifier{Kind: kind, Value: strings.Join(values, "\x00")}
	if known, found := f.state.lookUps[question]; found && f.now.Sub(known.calledAt) < f.ttl() {
		return known.hits, nil
	}
	calledAt := f.now
	hits, err := f.calls.UsersBy(ctx, kind, values...)
	if err != nil {
		return nil, fmt.Errorf("looking up users by %s: %w", kind, err)
	}
	f.remember(question, lookUp{hits: hits, calledAt: calledAt})
	return hits, nil
}

// ttl is how long this object uses an answer.
func (f finder) ttl() time.Duration {
	if f.user.Spec.Observes() {
		return f.instance.Spec.FullInterval() / 2
	}
	return lookUpTTL
}

// remember keeps an answer for later reconciliations.
func (f finder) remember(question clerk.Identifier, answer lookUp) {
	if f.state.lookUps == nil {
		f.state.lookUps = map[clerk.Identifier]lookUp{}
	}
	f.state.lookUps[question] = answer
}

// read gets the user from Clerk. An answer that is older than the mirror's copy is ignored. The error is errGone if Clerk has
// no such user.
func (f finder) read(ctx context.Context, id string) (*clerk.User, error) {
	if calledAt, missed := f.missed(id); missed {
		return nil, f.confirmAbsence(ctx, id, calledAt)
	}
	calledAt := f.clock()
	user, err := f.calls.User(ctx, id)
	if clerk.IsNotFound(err) {
		return nil, f.absent(ctx, id, calledAt)
	}
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", id, err)
	}
	f.state.unpause()
	known, ok := f.mirror.Read(user, calledAt)
	if !ok {
		return nil, &reconcile.WaitError{After: reconcile.StaleRetry, Err: errNotVisibleYet}
	}
	return known, nil
}

// absent returns the error for a user that Clerk did not have in a call that began at calledAt. It is errGone after confirmation.
func (f finder) absent(ctx context.Context, userID string, calledAt time.Time) error {
	if left := f.lagLeft(userID, calledAt); left > 0 {
		return notVisibleYet(left)
	}
	return f.confirmAbsence(ctx, userID, calledAt)
}

// confirmAbsence confirms by a second, different call that Clerk has no such user, since the consequence cannot be undone: a
// release or a new user. If a list did not show the user, the read by id was the second call. The first answer is kept while
// the second call waits for its token. Otherwise the next reconciliation would spend that token on the first call again.
func (f finder) confirmAbsence(ctx context.Context, userID string, calledAt time.Time) error {
	if f.mirror.Unlisted(userID) {
		return f.gone(userID, calledAt)
	}
	f.remember(missedUser(userID), lookUp{calledAt: calledAt})
	listed, err := f.calls.Listed(ctx, userID)
	if _, waiting := clerk.Waiting(err); !waiting {
		delete(f.state.lookUps, missedUser(userID))
	}
	switch {
	case err != nil:
		return fmt.Errorf("confirming that user %s is gone: %w", userID, err)
	case listed:
		return &reconcile.WaitError{After: reconcile.DisagreementRetry, Err: errDisagreement}
	}
	return f.gone(userID, calledAt)
}

// gone records that Clerk has no such user, and returns the error for it.
func (f finder) gone(userID string, calledAt time.Time) error {
	f.mirror.NotFound(userID, calledAt)
	return fmt.Errorf("reading user %s: %w", userID, errGone)
}

// missed returns when an earlier reconciliation missed a user, if it had no token for the confirmation.
func (f finder) missed(userID string) (calledAt time.Time, missed bool) {
	known, found := f.state.lookUps[missedUser(userID)]
	return known.calledAt, found && f.now.Sub(known.calledAt) < lookUpTTL
}

// missedUser is the key in lookUps under which a missed user is remembered.
func missedUser(userID string) clerk.Identifier {
	return clerk.Identifier{Kind: "missed", Value: userID}
}

// errGone: Clerk has no such user, and the answers are late enough to rule out lag.
var errGone = errors.New("the user is no longer at Clerk")

// errNotRecreatedYet: the sources or the spec of a user that is to be created again are not valid yet.
var errNotRecreatedYet = errors.New("the user is created again when the spec is valid and the Secrets and ConfigMaps that it names exist")

// errNamedNotVisible: the user in spec.userID may have been created just before it was named.
var errNamedNotVisible = errors.New("there is no user with the id in spec.userID; a new user may not be visible yet")

// errDisagreement: a read by id does not find a user, but a list shows it.
var errDisagreement = errors.New("a read by id does not find the user, but a list shows it")

// lagLeft returns how long after calledAt Clerk may still not show a user, or 0 if its absence counts. It considers the writes of
// this process, and those on record from before a restart.
func (r *reconciliation) lagLeft(userID string, calledAt time.Time) time.Duration {
	var recorded []time.Time
	if at := r.user.Status.LastWriteTime; at != nil {
		recorded = append(recorded, clerk.Recorded(at.Time, calledAt))
	}
	if c := creation.Of(r.user); c != nil {
		recorded = append(recorded, clerk.Recorded(c.At, calledAt))
	}
	return max(r.mirror.LagLeft(userID, calledAt), clerk.LagLeft(calledAt, recorded...))
}

// notVisibleYet is the error for an absence that may be due to lag.
func notVisibleYet(left time.Duration) error {
	return &reconcile.WaitError{After: clerk.LagRetry(left), Err: errNotVisibleYet}
}

// vanished decides about an object whose user is no longer at Clerk, and reports whether to create the user again.
func (r *reconciliation) vanished() (recreate bool, err error) {
	if left := r.lagLeft(r.userID, r.now); left > 0 {
		return false, notVisibleYet(left)
	}
	if r.user.Spec.Observes() {
		r.observed = nil
		return false, nil
	}
	if err := cmp.Or(r.specErr, r.sourcesErr); err != nil && r.origin == v1alpha1.OriginCreated {
		// The user is not created again from an incomplete spec. The request to create it stays valid meanwhile.
		if r.recreationRequested() {
			return false, &reconcile.WaitError{After: reconcile.SourceRetry, Err: errNotRecreatedYet}
		}
		return false, err
	}
	if r.origin == v1alpha1.OriginCreated && r.mayRecreate() {
		return true, nil
	}
	gone := r.userID
	if r.origin == v1alpha1.OriginAdopted {
		// The object may name another user next. The API server rejects a spec.userID that differs from status.userID while
		// that is set.
		r.userID = ""
		r.record.Clear()
		r.mirror.Unbind(r.uid())
	}
	return false, missingUser(gone, r.origin)
}

// mayRecreate reports whether a user that the operator created and that is gone is created again. This is so if the person
// could not delete the account, or if the spec was changed after the user was found missing.
func (r *reconciliation) mayRecreate() bool {
	if self := r.user.Spec.DeleteSelfEnabled; self != nil && !*self {
		return true
	}
	ready := readyCondition(r.user)
	if ready == nil {
		return false
	}
	// A recreation that the brake paused was already allowed. A user that was missed with many others is created again only
	// after an edit.
	paused := ready.Reason == v1alpha1.ReasonDeletionHeld && !r.reported
	return paused || r.recreationRequested()
}

// recreationRequested reports whether the spec was changed after the user was found missing. Such a change requests that the
// user is created again.
func (r *reconciliation) recreationRequested() bool {
	ready := readyCondition(r.user)
	return ready != nil && ready.Reason == v1alpha1.ReasonMissing && ready.ObservedGeneration != r.user.Generation
}

// namedMissing returns the error for a user that spec.userID names and Clerk does not have. A user may be named faster than
// Clerk shows it, so the first result for a spec comes after the lag.
func (l locate) namedMissing(id string) error {
	if left := clerk.LagLeft(l.clock(), l.firstSeen); left > 0 && !l.reportedMissing() {
		return &reconcile.WaitError{After: clerk.LagRetry(left), Err: errNamedNotVisible}
	}
	return missingUser(id, v1alpha1.OriginAdopted)
}

// reportedMissing reports whether the conditions say of this generation that the user is missing.
func (r *reconciliation) reportedMissing() bool {
	ready := readyCondition(r.user)
	return ready != nil && ready.Reason == v1alpha1.ReasonMissing && ready.ObservedGeneration == r.user.Generation
}
