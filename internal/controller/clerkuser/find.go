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

// lookUp is the answer to a look-up, and when it was asked for.
type lookUp struct {
	hits  []*clerk.User
	asked time.Time
}

// lookUpTTL is how long an answer serves the reconciles that follow: longer than a token may have to be waited for.
const lookUpTTL = 15 * time.Minute

// findByIdentifier looks users up by values of one kind. A reconcile that runs out of tokens begins anew when it has one again,
// so answers are remembered until a reconcile comes to its end: or one that needs two would for ever spend its token on the
// first. An object that only observes, and has no user of its own, looks again at full syncs, which enqueue it.
func (f finder) findByIdentifier(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error) {
	question := clerk.Identifier{Kind: kind, Value: strings.Join(values, "\x00")}
	if known, found := f.state.lookUps[question]; found && f.now.Sub(known.asked) < f.lookUpTTL() {
		return known.hits, nil
	}
	asked := f.now
	hits, err := f.calls.UsersBy(ctx, kind, values...)
	if err != nil {
		return nil, fmt.Errorf("looking up users by %s: %w", kind, err)
	}
	f.remember(question, lookUp{hits: hits, asked: asked})
	return hits, nil
}

func (f finder) lookUpTTL() time.Duration {
	if f.user.Spec.Observes() {
		return f.instance.Spec.FullInterval() / 2
	}
	return lookUpTTL
}

func (f finder) remember(question clerk.Identifier, answer lookUp) {
	if f.state.lookUps == nil {
		f.state.lookUps = map[clerk.Identifier]lookUp{}
	}
	f.state.lookUps[question] = answer
}

// read gets the user from Clerk. An answer older than one that is known already counts for nothing. The error is errGone if
// Clerk has no such user.
func (f finder) read(ctx context.Context, id string) (*clerk.User, error) {
	if asked, missed := f.missed(id); missed {
		return nil, f.confirmAbsence(ctx, id, asked)
	}
	asked := f.clock()
	user, err := f.calls.User(ctx, id)
	if clerk.IsNotFound(err) {
		return nil, f.absent(ctx, id, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", id, err)
	}
	f.state.pausedAt = time.Time{}
	known, ok := f.mirror.Read(user, asked)
	if !ok {
		return nil, &reconcile.WaitError{After: reconcile.StaleRetry, Err: errNotVisibleYet}
	}
	return known, nil
}

// absent returns the error for a user that Clerk answered not to have to a call that began at asked: errGone if that is to be
// believed.
func (f finder) absent(ctx context.Context, userID string, asked time.Time) error {
	if left := f.lagLeft(userID, asked); left > 0 {
		return notVisibleYet(left)
	}
	return f.confirmAbsence(ctx, userID, asked)
}

// confirmAbsence asks in another way about a user that Clerk answered not to have, since what follows cannot be undone: an
// object is let go, a user is created anew. Where a list has missed the user before, that is the other way. That it was missed
// is remembered while the call waits for its token, or the next reconcile would spend that on missing the user once more.
func (f finder) confirmAbsence(ctx context.Context, userID string, asked time.Time) error {
	if f.mirror.Unlisted(userID) {
		return f.gone(userID, asked)
	}
	f.remember(missedUser(userID), lookUp{asked: asked})
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
	return f.gone(userID, asked)
}

// gone records that Clerk has no such user, and returns the error for it.
func (f finder) gone(userID string, asked time.Time) error {
	f.mirror.NotFound(userID, asked)
	return fmt.Errorf("reading user %s: %w", userID, errGone)
}

// missed returns when a user was missed by an earlier reconcile that had no token to have that confirmed.
func (f finder) missed(userID string) (asked time.Time, missed bool) {
	known, found := f.state.lookUps[missedUser(userID)]
	return known.asked, found && f.now.Sub(known.asked) < lookUpTTL
}

// missedUser is the question under which it is remembered that a user was missed.
func missedUser(userID string) clerk.Identifier {
	return clerk.Identifier{Kind: "missed", Value: userID}
}

// errGone: Clerk has no such user, and the answers that say so are late enough to be believed.
var errGone = errors.New("the user is no longer at Clerk")

// errNotRecreatedYet: a user that is to be created again waits for what the spec names.
var errNotRecreatedYet = errors.New("the user is created again when the spec is valid and the Secrets and ConfigMaps that it names are there")

// errNamedNotVisible: the user that spec.userID names may have been created a moment before it was named.
var errNamedNotVisible = errors.New("clerk shows no user with the id in spec.userID; a user that was created just now may not be visible yet")

// errDisagreement: a read by id and a list say different things about a user.
var errDisagreement = errors.New("reads of the user by id say that there is none, but a list shows it")

// lagLeft returns for how long after asked Clerk may still not show a user, 0 if its absence is to be believed. It counts
// what this process wrote, and what is on record from before a restart.
func (r *reconciliation) lagLeft(userID string, asked time.Time) time.Duration {
	var recorded []time.Time
	if at := r.user.Status.LastWriteTime; at != nil {
		recorded = append(recorded, clerk.Recorded(at.Time, asked))
	}
	if c := creation.Of(r.user); c != nil {
		recorded = append(recorded, clerk.Recorded(c.At, asked))
	}
	return max(r.mirror.LagLeft(userID, asked), clerk.LagLeft(asked, recorded...))
}

// notVisibleYet is the error of an absence that is not believed yet.
func notVisibleYet(left time.Duration) error {
	return &reconcile.WaitError{After: clerk.LagRetry(left), Err: errNotVisibleYet}
}

// vanished decides what happens with an object whose user Clerk no longer has, and reports whether the user is to be created
// again.
func (r *reconciliation) vanished() (recreate bool, err error) {
	if left := r.lagLeft(r.userID, r.now); left > 0 {
		return false, notVisibleYet(left)
	}
	if r.user.Spec.Observes() {
		r.observed = nil
		return false, nil
	}
	if err := cmp.Or(r.specErr, r.sourcesErr); err != nil && r.origin == v1alpha1.OriginCreated {
		// The user is not created again from half a spec. The order to do so stands meanwhile.
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
		// Another user may be named next; spec.userID must equal status.userID as long as that is set.
		r.userID = ""
		r.record.Clear()
		r.mirror.Unbind(r.uid())
	}
	return false, missingUser(gone, r.origin)
}

// mayRecreate reports whether a user that the operator created and that is gone is to be created again: if the person
// could not have left, or if somebody changed the spec since it was found missing.
func (r *reconciliation) mayRecreate() bool {
	if self := r.user.Spec.DeleteSelfEnabled; self != nil && !*self {
		return true
	}
	ready := readyCondition(r.user)
	if ready == nil {
		return false
	}
	// What the brake paused was to be created again. What was missed with many others was not, unless it was edited since.
	paused := ready.Reason == v1alpha1.ReasonDeletionHeld && !r.reported
	return paused || r.recreationRequested()
}

// recreationRequested reports whether the spec was changed since the user was found missing, which is the order to create it again.
func (r *reconciliation) recreationRequested() bool {
	ready := readyCondition(r.user)
	return ready != nil && ready.Reason == v1alpha1.ReasonMissing && ready.ObservedGeneration != r.user.Generation
}

// namedMissing returns the error for a user that spec.userID names and that Clerk does not have. Whoever creates a user and
// names it at once may be faster than Clerk shows the user, so the first result for a spec waits that time out.
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
