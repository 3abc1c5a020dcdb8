// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// locate finds the object's user, its state at Clerk, and how the object gets it. It writes neither to Clerk nor to the API
// server.
type locate struct {
	finder
	// cache and apiReader read other objects, from the cache and from the API server.
	cache, apiReader client.Reader
	// delays tells how long removals wait.
	delays delays
}

// delays tells how long after its request the removal of a user waits.
type delays interface {
	Delay(ctx context.Context, r brake.Request) (time.Duration, error)
}

// location is the user of an object.
type location struct {
	// user is the object's user, or one that it may adopt; nil if there is none.
	user *clerk.User
	// how is how the object gets the user.
	how bindKind
	// gone is true if the object had a user that Clerk no longer has.
	gone bool
}

// bindKind is how an object gets a user.
type bindKind int

const (
	// bound: the user belonged to the object in earlier reconciliations.
	bound bindKind = iota
	// created: by the call of this reconciliation.
	created
	// resumed: by the call of an interrupted reconciliation.
	resumed
	// restored: by the operator's own signature; somebody removed the mark.
	restored
	// inherited: from an earlier object of the same name.
	inherited
	// adopted: no object managed the user before.
	adopted
)

// run returns the user of the object. An object without a user gets the user in spec.userID, one that an interrupted
// reconciliation created, or one that may be adopted. There is no look-up before a creating call: identifiers are unique at
// Clerk, so an existing user leads to a refusal.
func (l locate) run(ctx context.Context) (location, error) {
	if id := l.boundBefore(); l.userID == "" && !l.user.Spec.Observes() {
		l.userID = id
	}
	switch {
	case l.userID != "":
		return l.boundUser(ctx)
	case l.user.Spec.UserID != nil:
		return l.namedUser(ctx, *l.user.Spec.UserID)
	case l.user.Spec.Observes():
		return l.byIdentifiers(ctx)
	case l.origin == v1alpha1.OriginAdopted:
		return location{}, missingUser("", l.origin)
	}
	return l.attemptedUser(ctx)
}

// boundBefore is the user that an earlier reconciliation of this process bound, if status does not have it yet. It is "" if
// there is none, or if spec.userID names another now.
func (l locate) boundBefore() string {
	id, _, _ := l.mirror.BoundTo(l.uid())
	if named := l.user.Spec.UserID; named != nil && *named != id {
		return ""
	}
	return id
}

// boundUser finds the user that the object is bound to.
func (l locate) boundUser(ctx context.Context) (location, error) {
	user, err := l.find(ctx, l.userID)
	if errors.Is(err, errGone) {
		return location{gone: true}, nil
	}
	if err != nil {
		return location{}, err
	}
	if wins, err := l.winsOver(ctx, user); err != nil {
		return location{}, err
	} else if wins {
		return location{user: user, how: restored}, nil
	}
	return l.locationOf(ctx, user)
}

// locationOf is the location of a user that the object owns or may adopt.
func (l locate) locationOf(ctx context.Context, user *clerk.User) (location, error) {
	how, err := l.claim(ctx, user)
	if err != nil {
		return location{}, err
	}
	return location{user: user, how: how}, nil
}

// find returns the user from the mirror, or reads it if the mirror has no reliable copy.
func (l locate) find(ctx context.Context, id string) (*clerk.User, error) {
	sight := l.mirror.Look(l.uid(), id)
	if sight.Presence == mirror.MassAbsent && !l.user.Spec.Observes() && !brake.ReleasedSince(l.instance, sight.Since) {
		l.state.pause(sight.Since)
		return nil, massAbsence(instanceName(l.instance))
	}
	if maxAge, limited := l.maxAge(); limited {
		if user, ok := l.mirror.Recent(id, maxAge); ok {
			return user, nil
		}
		return l.read(ctx, id)
	}
	switch {
	case sight.Presence == mirror.Present && (!sight.Lagging || l.inSync(sight.User)) && !l.wouldForget(sight.User):
		l.state.unpause()
		return sight.User, nil
	case sight.Presence == mirror.Absent:
		return nil, errGone
	case sight.Presence == mirror.Pending && l.reported:
		return nil, errNotRead
	}
	return l.read(ctx, id)
}

// inSync reports whether a user belongs to this object and nothing is to be changed.
func (l locate) inSync(user *clerk.User) bool {
	return l.mark().OwnershipOf(user) == plan.Ours && len(l.diff(user)) == 0
}

// wouldForget reports whether a copy of the user would remove an entry from status.applied that is newer than the copy. Another
// process may have written the entry and be about to write the value to Clerk. Such a copy is not used.
func (l locate) wouldForget(copied *clerk.User) bool {
	prunes := l.desired != nil && !l.onlyRestricts && !l.user.Spec.Observes()
	if !prunes || !l.record.Forgets(l.desired, copied) {
		return false
	}
	_, newer := l.mirror.Recent(copied.ID, l.clock().Sub(l.recordedBy))
	return !newer
}

// maxAge is the maximum age of a copy of the user for this reconciliation, if there is one. A requested reconcile needs a copy
// from after the request. So does a new request to lift any lock: a lock that an older copy lacks would look as if Clerk had
// set it later, and would stay. One such copy serves all reconciliations of the request. Otherwise one that waits for tokens
// would always spend them on reads.
func (l locate) maxAge() (maxAge time.Duration, limited bool) {
	locked := l.user.Spec.Locked
	unlocks := !l.reported && locked != nil && !*locked
	if !unlocks && !l.reconcileRequested() {
		return 0, false
	}
	return l.now.Sub(l.firstSeen) - time.Nanosecond, true
}

// namedUser finds the user in spec.userID. The permission to adopt is checked first, so that an object without it learns
// nothing about the user.
func (l locate) namedUser(ctx context.Context, id string) (location, error) {
	if err := l.checkNoneCreated(ctx, id); err != nil {
		return location{}, err
	}
	if !l.mayAdopt() {
		return location{}, adoptionDenied(l.instance)
	}
	user, err := l.findNamed(ctx, id)
	if errors.Is(err, errGone) {
		return location{}, l.namedMissing(id)
	}
	if err != nil {
		return location{}, err
	}
	return l.locationOf(ctx, user)
}

// findNamed reads a user that is to be adopted from Clerk. For mode Observe, the mirror's copy is sufficient.
func (l locate) findNamed(ctx context.Context, id string) (*clerk.User, error) {
	if l.user.Spec.Observes() {
		return l.find(ctx, id)
	}
	return l.read(ctx, id)
}

// checkNoneCreated checks that an earlier creating call with an unknown result left no user behind. An object that now names
// another user would forget that one.
func (l locate) checkNoneCreated(ctx context.Context, named string) error {
	c := creation.Of(l.user)
	if c == nil || l.user.Spec.Observes() || l.state.attempt.nothingCreated() {
		return nil
	}
	hits, err := l.findByIdentifier(ctx, c.Kind, c.Value)
	if err != nil {
		return err
	}
	for _, hit := range hits {
		if hit.ID != named && l.mark().OwnershipOf(hit) == plan.Ours {
			return createdEarlier(hit.ID)
		}
	}
	if left := c.Lag(l.now); left > 0 && len(hits) == 0 {
		return notVisibleYet(left)
	}
	return nil
}

// byIdentifiers looks the user up by each declared identifier. There may be none.
func (l locate) byIdentifiers(ctx context.Context) (location, error) {
	for _, identifier := range l.desired.Identifiers() {
		hits, err := l.findByIdentifier(ctx, identifier.Kind, identifier.Value)
		if err != nil {
			return location{}, err
		}
		if len(hits) > 0 {
			return l.chooseHit(ctx, hits)
		}
	}
	return location{}, nil
}

// attemptedUser finds a user that probably exists. There are three causes: a creating call with a lost answer, one whose
// identifier has left the spec, and one that Clerk refused because an identifier is taken.
func (l locate) attemptedUser(ctx context.Context) (location, error) {
	former, attempt := l.formerAttempt(), &l.state.attempt
	switch taken := attempt.takenUnder(l.user.Generation); {
	case former != nil:
		return l.resumeFormer(ctx, former)
	case attempt.lookUpDue():
		found, err := l.resume(ctx, creation.Of(l.user))
		if found.user == nil && err == nil {
			attempt.lookedUp()
		}
		return found, err
	case taken != nil:
		return l.resolveTaken(ctx, taken)
	case l.user.Spec.Adopts() && l.cannotBeCreated():
		return l.byIdentifiers(ctx)
	default:
		return location{}, nil
	}
}

// cannotBeCreated reports whether the spec has only an external id. Clerk refuses to create a user who cannot sign in, before
// it reports that the id is taken. Such a user can only be adopted, after a look-up.
func (l locate) cannotBeCreated() bool {
	for _, identifier := range l.desired.Identifiers() {
		if identifier.Kind != clerk.KindExternalID {
			return false
		}
	}
	return true
}

// resumeFormer looks for the user of an earlier creating call whose identifier has left the spec. An empty answer counts only
// after the lag.
func (l locate) resumeFormer(ctx context.Context, former *creation.Attempt) (location, error) {
	found, err := l.resume(ctx, former)
	if found.user != nil || err != nil {
		return found, err
	}
	if left := former.Lag(l.now); left > 0 {
		return location{}, notVisibleYet(left)
	}
	return location{}, nil
}

// resume finds a user with the object's mark under the identifier of an earlier creating call.
func (l locate) resume(ctx context.Context, c *creation.Attempt) (location, error) {
	if c == nil {
		return location{}, nil
	}
	// Remembered look-ups are not used here: the call may have been carried out since.
	hits, err := l.calls.UsersBy(ctx, c.Kind, c.Value)
	if err != nil {
		return location{}, fmt.Errorf("looking up the user by %s: %w", c.Kind, err)
	}
	for _, hit := range hits {
		if l.mark().OwnershipOf(hit) == plan.Ours {
			return location{user: hit, how: resumed}, nil
		}
	}
	return location{}, nil
}

// resolveTaken finds the user of an identifier that Clerk reports as taken.
func (l locate) resolveTaken(ctx context.Context, t *takenRefusal) (location, error) {
	kind, values := t.kind, l.valuesOf(t.kind)
	if len(values) == 0 {
		c := creation.Of(l.user)
		if c == nil {
			return location{}, creationError(t.err)
		}
		kind, values = c.Kind, []string{c.Value}
	}
	l.identifiers.Await(l.uid(), l.instanceID, identifiersOf(kind, values), t.calledAt)
	hits, err := l.findByIdentifier(ctx, kind, values...)
	if err != nil {
		return location{}, err
	}
	if len(hits) == 0 {
		return location{}, &reconcile.WaitError{After: takenRetry, Err: errNotVisibleYet}
	}
	return l.chooseHit(ctx, hits)
}

// takenRetry is the delay after a refusal because of an identifier that no list shows.
const takenRetry = 5 * time.Second

func identifiersOf(kind clerk.IdentifierKind, values []string) []clerk.Identifier {
	var identifiers []clerk.Identifier
	for _, value := range values {
		identifiers = append(identifiers, clerk.Identifier{Kind: kind, Value: value})
	}
	return identifiers
}

func (r *reconciliation) valuesOf(kind clerk.IdentifierKind) []string {
	var values []string
	for _, identifier := range r.desired.Identifiers() {
		if identifier.Kind == kind {
			values = append(values, identifier.Value)
		}
	}
	return values
}
