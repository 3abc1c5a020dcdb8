// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// manner says how an object comes by a user.
type manner int

const (
	// held: the user was ours in earlier passes, and is.
	held manner = iota
	// created: by the call just made.
	created
	// resumed: created by an interrupted pass.
	resumed
	// restored: ours by our own signature; somebody removed the mark.
	restored
	// succeeded: marked by an object of the same name before this one.
	succeeded
	// adopted: nobody's until now.
	adopted
)

// take binds to one of the users that hold a declared identifier, if one is ours or may be adopted.
func (p *pass) take(ctx context.Context, hits []*clerk.User) error {
	for _, hit := range hits {
		if p.mark().OwnershipOf(hit) == plan.Ours {
			return p.bindTo(ctx, hit, resumed)
		}
	}
	if len(hits) > 1 {
		return errAmbiguous
	}
	if p.user.Spec.Adopts() && p.mayAdopt() && p.mark().OwnershipOf(hits[0]) == plan.Unmarked {
		if err := p.soleHolder(ctx, hits[0]); err != nil {
			return err
		}
	}
	how, err := p.claim(ctx, hits[0])
	if err != nil {
		return err
	}
	return p.bindTo(ctx, hits[0], how)
}

// claim decides whether a user is this object's, or may become so, and in what manner.
func (p *pass) claim(ctx context.Context, user *clerk.User) (manner, error) {
	switch p.mark().OwnershipOf(user) {
	case plan.Ours:
		if id, _, _ := p.in.connection.Mirror.BoundTo(p.uid()); id == user.ID || p.user.Status.UserID == user.ID {
			return held, nil
		}
		return resumed, nil
	case plan.Predecessors:
		if p.mayAdopt() {
			return succeeded, nil
		}
		return 0, errAlreadyExists
	case plan.Unmarked:
		if p.signed(user.ID) {
			if p.user.Status.LastWriteTime == nil {
				// Bound by a pass that had to wait before it could write the mark.
				return held, nil
			}
			return restored, nil
		}
		if p.mayAdopt() && p.toldToAdopt(user) {
			return adopted, nil
		}
		return 0, errAlreadyExists
	case plan.Anothers:
	}
	return p.claimOrphan(ctx, user)
}

// signed reports whether status carries our own signature for this user.
func (p *pass) signed(userID string) bool {
	status := p.user.Status
	return status.UserID == userID && p.Key.Valid(status.Binding, p.subject(userID))
}

// mayAdopt reports whether the instance's owner lets objects of this namespace adopt.
func (p *pass) mayAdopt() bool {
	switch p.in.instance.Spec.Adoption() {
	case v1alpha1.AdoptionAll:
		return true
	case v1alpha1.AdoptionSameNamespace:
		return p.in.instance.Namespace == p.user.Namespace
	case v1alpha1.AdoptionNone:
	}
	return false
}

// toldToAdopt reports whether the spec orders to adopt this very user: by its id, or by an identifier that proves
// possession. Whoever squats a username or an unverified address must not be given what the spec grants.
func (p *pass) toldToAdopt(user *clerk.User) bool {
	if id := p.user.Spec.UserID; id != nil {
		return *id == user.ID
	}
	if !p.user.Spec.Adopts() {
		return false
	}
	for _, identifier := range p.desired.Identifiers() {
		if plan.Proves(user, identifier) {
			return true
		}
	}
	return false
}

// soleHolder checks that no other user holds another of the declared identifiers.
func (p *pass) soleHolder(ctx context.Context, user *clerk.User) error {
	looked := map[clerk.IdentifierKind]bool{}
	for _, identifier := range p.desired.Identifiers() {
		if looked[identifier.Kind] {
			continue
		}
		looked[identifier.Kind] = true
		hits, err := p.usersBy(ctx, identifier.Kind, p.valuesOf(identifier.Kind)...)
		if err != nil {
			return err
		}
		for _, hit := range hits {
			if hit.ID != user.ID {
				return errAmbiguous
			}
		}
	}
	return nil
}

// bindTo makes a user this object's. One that only observes takes note of it, and signs for it only if it was its own.
func (p *pass) bindTo(ctx context.Context, user *clerk.User, how manner) error {
	if p.user.Spec.Observes() {
		return p.watch(user, how)
	}
	p.observed = user
	p.settleOrigin(user, how)
	if err := p.bindAndTell(ctx, user, how); err != nil {
		return err
	}
	return p.think()
}

// watch observes a user without making it this object's, which it may be from before.
func (p *pass) watch(user *clerk.User, how manner) error {
	switch sight := p.in.connection.Mirror.Look(p.uid(), user.ID); sight.Presence {
	case mirror.Present:
		user = sight.User
	case mirror.Pending:
	case mirror.Doubtful, mirror.Absent, mirror.MassAbsent:
		p.memory.forgetLookUps(p.user.UID)
		return &waitError{after: staleRetry, err: errNotVisibleYet}
	}
	p.observed = user
	if p.bound = how == held || how == restored; p.bound {
		p.settleOrigin(user, how)
	}
	p.baseline(user, how)
	return p.think()
}

// bindAndTell puts the binding on record. Before a user that was not ours becomes so, the object is read live: an order to
// adopt that was taken back meanwhile must not be carried out. And it is in status before the mark is written, like the
// annotation before a creating call: a crash in between must not forget whose the mark is.
func (p *pass) bindAndTell(ctx context.Context, user *clerk.User, how manner) error {
	becomesOurs := how == adopted || how == succeeded
	if becomesOurs && p.missing != nil {
		// What the user has of what Clerk never shows is told apart from what is declared by that.
		return p.missing
	}
	if becomesOurs {
		if err := p.stillPresent(ctx); err != nil {
			return err
		}
	}
	p.baseline(user, how)
	if how != held && how != restored {
		// Whatever was said of this generation, nothing of it was carried out on this user.
		p.drift = false
	}
	p.userID, p.bound = user.ID, true
	if how == resumed {
		p.memory.answered(p.user.UID)
	}
	p.in.connection.Mirror.Bind(p.uid(), user.ID)
	if !p.onlyRestricts {
		// Else the mark is not written in this pass, and one after it says so.
		p.noteManner(user, how)
	}
	if becomesOurs {
		return p.reportIntent(ctx)
	}
	return nil
}

// settleOrigin takes origin and what was applied from where they are on record: in the mark, and for a user that was just
// created, in the annotation.
func (p *pass) settleOrigin(user *clerk.User, how manner) {
	mark, readable := plan.FindMark(user)
	switch {
	case how == adopted:
		p.origin = v1alpha1.OriginAdopted
	case readable && mark.Origin != "":
		p.origin = mark.Origin
	}
	if how == succeeded && mark.BannedOnDelete {
		p.applied.Banned = true
	}
	if how == created || p.user.Status.UserID == "" {
		if c := creation.Of(p.user); c != nil && p.origin == v1alpha1.OriginCreated && plan.SameApplied(p.applied, v1alpha1.Applied{}) {
			p.applied = c.Applied
		}
	}
	if how == created {
		p.applied = plan.Confirm(p.applied, p.desired, p.did)
	}
}

func (p *pass) noteManner(user *clerk.User, how manner) {
	switch how {
	case created:
		p.notef(v1alpha1.EventCreated, "Create", "created user %s", user.ID)
	case resumed:
		p.notef(v1alpha1.EventResumed, "Bind", "found user %s, which carries this object's owner mark", user.ID)
	case restored:
		p.notef(v1alpha1.EventMarkRestored, "Update", "somebody removed the owner mark from user %s; it is written again", user.ID)
	case succeeded:
		p.notef(v1alpha1.EventAdopted, "Bind", "took over user %s from an earlier ClerkUser of this name", user.ID)
	case adopted:
		p.notef(v1alpha1.EventAdopted, "Bind", "adopted user %s", user.ID)
	case held:
	}
}

// stillPresent checks that the copy of the object that this pass works from is the one that the API server has. What another
// process has bound meanwhile, or let go, must not be created once more.
func (p *pass) stillPresent(ctx context.Context) error {
	live := &v1alpha1.ClerkUser{}
	err := p.Live.Get(ctx, types.NamespacedName{Namespace: p.user.Namespace, Name: p.user.Name}, live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the object live: %w", err)
	}
	if err != nil || live.UID != p.user.UID || live.ResourceVersion != p.user.ResourceVersion || !live.DeletionTimestamp.IsZero() {
		return errOutdated
	}
	p.upToDate = true
	return nil
}
