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
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// bind connects an object that has no user with one: the one that spec.userID names, one that an interrupted pass
// created, a new one, or one that may be adopted. No call is spent on looking before creating: identifiers are unique at
// Clerk, so a user that exists shows as a refusal.
func (p *pass) bind(ctx context.Context) error {
	switch {
	case p.user.Spec.UserID != nil:
		return p.bindNamed(ctx, *p.user.Spec.UserID)
	case p.user.Spec.Observes():
		return p.lookUp(ctx)
	case p.origin == v1alpha1.OriginAdopted:
		return missing("", p.origin)
	}
	found, err := p.bindEarlier(ctx)
	if found || err != nil {
		return err
	}
	return p.create(ctx)
}

// bindEarlier binds to a user that there is reason to believe exists: from a creating call whose answer was lost or whose
// identifier has left the spec, or from one that Clerk refused because an identifier is taken.
func (p *pass) bindEarlier(ctx context.Context) (found bool, err error) {
	former := p.former()
	switch refused := p.memory.lastRefusal(p.user.UID, p.user.Generation); {
	case former != nil:
		return p.resumeFormer(ctx, former)
	case p.memory.lookDue(p.user.UID):
		found, err = p.resume(ctx, creation.Of(p.user))
		if !found && err == nil {
			p.memory.looked(p.user.UID)
		}
		return found, err
	case refused != nil:
		return true, p.resolveTaken(ctx, refused)
	case p.user.Spec.Adopts() && p.cannotBeCreated():
		err = p.lookUp(ctx)
		return p.observed != nil, err
	default:
		return false, nil
	}
}

// cannotBeCreated reports whether the spec names an external id only. Clerk refuses to create a user without a way to
// sign in, and does so before it says that the id is taken: such a user can only be adopted, and has to be looked for.
func (p *pass) cannotBeCreated() bool {
	for _, identifier := range p.desired.Identifiers() {
		if identifier.Kind != clerk.KindExternalID {
			return false
		}
	}
	return true
}

// bindNamed adopts the user that spec.userID names. Whether this object may adopt at all is asked first, so that one that
// may not learns nothing about the user.
func (p *pass) bindNamed(ctx context.Context, id string) error {
	if err := p.noneCreated(ctx, id); err != nil {
		return err
	}
	if !p.mayAdopt() {
		return adoptionDenied(p.in.instance)
	}
	user, err := p.findNamed(ctx, id)
	if errors.Is(err, errGone) {
		return p.namedMissing(id)
	}
	if err != nil {
		return err
	}
	how, err := p.claim(ctx, user)
	if err != nil {
		return err
	}
	return p.bindTo(ctx, user, how)
}

// findNamed reads a user that is to be adopted live. To observe it, what the mirror has is good enough.
func (p *pass) findNamed(ctx context.Context, id string) (*clerk.User, error) {
	if p.user.Spec.Observes() {
		return p.find(ctx, id)
	}
	return p.read(ctx, p.in.client, id)
}

// lookUp looks for the user without ever creating it; it may find none.
func (p *pass) lookUp(ctx context.Context) error {
	for _, identifier := range p.desired.Identifiers() {
		hits, err := p.usersBy(ctx, identifier.Kind, identifier.Value)
		if err != nil {
			return err
		}
		if len(hits) > 0 {
			return p.take(ctx, hits)
		}
	}
	return nil
}

// noneCreated makes sure that an earlier creating call, whose answer nobody recorded, left no user behind that an object
// which has come to name another would forget.
func (p *pass) noneCreated(ctx context.Context, named string) error {
	c := creation.Of(p.user)
	if c == nil || p.user.Spec.Observes() || p.memory.nothingCreated(p.user.UID) {
		return nil
	}
	hits, err := p.usersBy(ctx, c.Kind, c.Value)
	if err != nil {
		return err
	}
	for _, hit := range hits {
		if hit.ID != named && p.mark().OwnershipOf(hit) == plan.Ours {
			return createdEarlier(hit.ID)
		}
	}
	if left := c.Lag(p.now); left > 0 && len(hits) == 0 {
		return notVisibleYet(left)
	}
	return nil
}

// resumeFormer looks for the user of an earlier creating call whose identifier has left the spec. done says that it was
// found; a look that finds nothing is believed only when lists no longer lag.
func (p *pass) resumeFormer(ctx context.Context, former *creating) (done bool, err error) {
	found, err := p.resume(ctx, former)
	if found || err != nil {
		return found, err
	}
	if left := former.Lag(p.now); left > 0 {
		return false, notVisibleYet(left)
	}
	return false, p.patchPrepared(ctx, p.toCreate(nil))
}

// resume binds to a user that carries our mark under the identifier of an earlier creating call.
func (p *pass) resume(ctx context.Context, c *creating) (found bool, err error) {
	if c == nil {
		return false, nil
	}
	hits, err := p.in.client.UsersBy(ctx, c.Kind, c.Value)
	if err != nil {
		return false, fmt.Errorf("looking up the user by %s: %w", c.Kind, err)
	}
	for _, hit := range hits {
		if p.mark().OwnershipOf(hit) == plan.Ours {
			return true, p.bindTo(ctx, hit, resumed)
		}
	}
	return false, nil
}

// errNotMarked: the answer to a creating call is about a user who does not carry the mark that was sent.
var errNotMarked = errors.New("the answer to the creating call is not about the user that was to be created")

// create sends the creating call. The owner mark travels in it, so that the user can be told to be ours whatever becomes
// of the answer. An answer that does not show the mark is lost: it is about somebody else, whom nothing may be done to.
func (p *pass) create(ctx context.Context) error {
	if len(p.desired.Identifiers()) == 0 {
		return errNoIdentifier
	}
	if !p.upToDate {
		if err := p.stillPresent(ctx); err != nil {
			return err
		}
	}
	changes, asked := plan.For(p.desired, nil), p.Now()
	user, err := carryOut(ctx, p.in.client, "", changes[0])
	if err == nil && p.mark().OwnershipOf(user) != plan.Ours {
		err = &clerk.AnswerLostError{Err: errNotMarked}
	}
	if err == nil {
		p.did = append(p.did, changes...)
		p.memory.answered(p.user.UID)
		p.Pool.Identifiers().Forget(p.uid())
		p.in.connection.Mirror.Wrote(user)
		return p.bindTo(ctx, user, created)
	}
	p.noteCreationFailure(err)
	if kind, taken := clerk.IdentifierTaken(err); taken {
		r := &takenRefusal{generation: p.user.Generation, kind: kind, err: err, asked: asked}
		p.memory.refuse(p.user.UID, r)
		return p.resolveTaken(ctx, r)
	}
	return fmt.Errorf("creating the user: %w", err)
}

// resolveTaken finds out whose the identifier is that Clerk says is taken.
func (p *pass) resolveTaken(ctx context.Context, r *takenRefusal) error {
	kind, values := r.kind, p.valuesOf(r.kind)
	if len(values) == 0 {
		c := creation.Of(p.user)
		if c == nil {
			return fmt.Errorf("creating the user: %w", r.err)
		}
		kind, values = c.Kind, []string{c.Value}
	}
	p.await(identifiersOf(kind, values), r.asked)
	hits, err := p.usersBy(ctx, kind, values...)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		return &waitError{after: takenRetry, err: errNotVisibleYet}
	}
	return p.take(ctx, hits)
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

func (p *pass) valuesOf(kind clerk.IdentifierKind) []string {
	var values []string
	for _, identifier := range p.desired.Identifiers() {
		if identifier.Kind == kind {
			values = append(values, identifier.Value)
		}
	}
	return values
}
