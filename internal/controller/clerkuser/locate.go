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

// locate finds out which user is the object's, how that user is at Clerk, and how the object comes by it. It writes neither
// to Clerk nor to the API server.
type locate struct {
	finder
	// cache reads other objects from the cache, and apiReader from the API server.
	cache, apiReader client.Reader
}

// location is where the user of an object is.
type location struct {
	// user is the object's user, or the one that it may take; nil if there is none.
	user *clerk.User
	// how the object comes by the user.
	how bindKind
	// gone is true if the object had a user that Clerk no longer has.
	gone bool
}

// bindKind says how an object comes by a user.
type bindKind int

const (
	// bound: the user was ours in earlier reconciles, and is.
	bound bindKind = iota
	// created: by the call just made.
	created
	// resumed: created by an interrupted reconcile.
	resumed
	// restored: ours by our own signature; somebody removed the mark.
	restored
	// inherited: marked by an object of the same name before this one.
	inherited
	// adopted: nobody's until now.
	adopted
)

// run returns where the user is. An object without a user gets the one that spec.userID names, one that an interrupted reconcile
// created, or one that may be adopted. Nobody is looked for before a creating call: identifiers are unique at Clerk, so a user
// that exists shows as a refusal.
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

// boundBefore is the user that an earlier reconcile of this process bound the object to, if status does not have it yet; "" if
// there is none, or if the spec has come to name another.
func (l locate) boundBefore() string {
	id, _, _ := l.mirror.BoundTo(l.uid())
	if named := l.user.Spec.UserID; named != nil && *named != id {
		return ""
	}
	return id
}

// boundUser finds the user that the object has.
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

// locationOf is the location of a user that is this object's, or may become so.
func (l locate) locationOf(ctx context.Context, user *clerk.User) (location, error) {
	how, err := l.claim(ctx, user)
	if err != nil {
		return location{}, err
	}
	return location{user: user, how: how}, nil
}

// find returns the user as the mirror has it, or reads it where the mirror has nothing that may be acted upon.
func (l locate) find(ctx context.Context, id string) (*clerk.User, error) {
	sight := l.mirror.Look(l.uid(), id)
	if sight.Presence == mirror.MassAbsent && !l.user.Spec.Observes() && !brake.ReleasedSince(l.instance, sight.Since) {
		l.state.pause(sight.Since)
		return nil, massAbsence(instanceName(l.instance))
	}
	if maxAge, asked := l.maxAge(); asked {
		if user, ok := l.mirror.Recent(id, maxAge); ok {
			return user, nil
		}
		return l.read(ctx, id)
	}
	switch {
	case sight.Presence == mirror.Present && (!sight.Lagging || l.inSync(sight.User)) && !l.wouldForget(sight.User):
		l.state.pausedAt = time.Time{}
		return sight.User, nil
	case sight.Presence == mirror.Absent:
		return nil, errGone
	case sight.Presence == mirror.Pending && l.reported:
		return nil, errNotRead
	}
	return l.read(ctx, id)
}

// inSync reports whether a user is this object's and nothing of it is to be changed.
func (l locate) inSync(user *clerk.User) bool {
	return l.mark().OwnershipOf(user) == plan.Ours && len(l.diff(user)) == 0
}

// wouldForget reports whether a copy of the user would have an entry leave status.applied that was put there after the copy was
// read. Another process may have written it, and what it is about to Clerk: the copy is not to be acted upon.
func (l locate) wouldForget(copied *clerk.User) bool {
	prunes := l.desired != nil && !l.onlyRestricts && !l.user.Spec.Observes()
	if !prunes || !l.record.Forgets(l.desired, copied) {
		return false
	}
	_, newer := l.mirror.Recent(copied.ID, l.clock().Sub(l.recordedBy))
	return !newer
}

// maxAge is how old a copy of the user may be for this reconcile, if that matters. Who asks for a fresh look wants one from
// after the question, and so does a new wish to lift any lock: a lock that an older copy does not show would be taken for
// one that Clerk set later, and left. A copy from after it is good for every reconcile that the request takes, or one that
// waits for tokens would for ever spend them on reading.
func (l locate) maxAge() (maxAge time.Duration, asked bool) {
	locked := l.user.Spec.Locked
	unlocks := !l.reported && locked != nil && !*locked
	if !unlocks && !l.reconcileRequested() {
		return 0, false
	}
	return l.now.Sub(l.firstSeen) - time.Nanosecond, true
}

// namedUser finds the user that spec.userID names. Whether this object may adopt at all is asked first, so that one that may not
// learns nothing about the user.
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

// findNamed reads a user that is to be adopted live. To observe it, what the mirror has is good enough.
func (l locate) findNamed(ctx context.Context, id string) (*clerk.User, error) {
	if l.user.Spec.Observes() {
		return l.find(ctx, id)
	}
	return l.read(ctx, id)
}

// checkNoneCreated makes sure that an earlier creating call, whose answer nobody recorded, left no user behind that an object
// which has come to name another would forget.
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

// byIdentifiers looks for the user by each declared identifier; it may find none.
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

// attemptedUser finds a user that there is reason to believe exists: from a creating call whose answer was lost or whose identifier
// has left the spec, or from one that Clerk refused because an identifier is taken.
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

// cannotBeCreated reports whether the spec names an external id only. Clerk refuses to create a user without a way to
// sign in, and does so before it says that the id is taken: such a user can only be adopted, and has to be looked for.
func (l locate) cannotBeCreated() bool {
	for _, identifier := range l.desired.Identifiers() {
		if identifier.Kind != clerk.KindExternalID {
			return false
		}
	}
	return true
}

// resumeFormer looks for the user of an earlier creating call whose identifier has left the spec. A look that finds nothing is
// believed only when lists no longer lag.
func (l locate) resumeFormer(ctx context.Context, former *creating) (location, error) {
	found, err := l.resume(ctx, former)
	if found.user != nil || err != nil {
		return found, err
	}
	if left := former.Lag(l.now); left > 0 {
		return location{}, notVisibleYet(left)
	}
	return location{}, nil
}

// resume finds a user that carries our mark under the identifier of an earlier creating call.
func (l locate) resume(ctx context.Context, c *creating) (location, error) {
	if c == nil {
		return location{}, nil
	}
	// What earlier reconciles remember does not count: the call may have been carried out since.
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

// resolveTaken finds out whose the identifier is that Clerk says is taken.
func (l locate) resolveTaken(ctx context.Context, t *takenRefusal) (location, error) {
	kind, values := t.kind, l.valuesOf(t.kind)
	if len(values) == 0 {
		c := creation.Of(l.user)
		if c == nil {
			return location{}, creationError(t.err)
		}
		kind, values = c.Kind, []string{c.Value}
	}
	l.identifiers.Await(l.uid(), l.instanceID, identifiersOf(kind, values), t.asked)
	hits, err := l.findByIdentifier(ctx, kind, values...)
	if err != nil {
		return location{}, err
	}
	if len(hits) == 0 {
		return location{}, &reconcile.WaitError{After: takenRetry, Err: errNotVisibleYet}
	}
	return l.chooseHit(ctx, hits)
}

// takenRetry is the pause after a refusal for an identifier that no list shows.
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
