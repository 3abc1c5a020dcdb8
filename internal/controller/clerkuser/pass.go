// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// pass is one pass over one ClerkUser: what it works with, and what it learned.
type pass struct {
	*Reconciler

	user *v1alpha1.ClerkUser
	// stored is the object as the API server has it, as far as this pass knows: patches say how user differs from it.
	stored *v1alpha1.ClerkUser
	// upToDate is true once the API server has confirmed in this pass that stored is the present version.
	upToDate bool
	now      time.Time
	in       inputs
	// sources is what the spec's Secrets and ConfigMaps hold; rotated is true if that is not what it was at the last verdict.
	sources source.Values
	rotated bool
	// missing is why some sources cannot be used, in a pass that carries out everything else.
	missing error
	// onlyRestricts is true in a pass over a spec that cannot be carried out: it takes access away and does nothing else.
	// invalid is why.
	onlyRestricts bool
	invalid       error
	// desired is nil until the spec was understood.
	desired *plan.Desired
	// latest is the plan that was made last.
	latest planned

	// userID, origin and applied begin as status has them and end as status will have them.
	userID  string
	origin  v1alpha1.Origin
	applied v1alpha1.Applied
	// appliedSince is by when all that status.applied held at the beginning was on record.
	appliedSince time.Time

	// observed is the user as seen last; nil if there is none, or none that is this object's to see.
	observed *clerk.User
	// bound is true once this pass has seen that observed is this object's. Only then is it signed for: status.userID
	// alone may be anybody's word.
	bound bool
	// owes names the fields that passes before this one could not carry out, by status. owedParts says it more exactly, by what
	// this process remembers; it is nil if that is nothing.
	owes      []string
	owedParts map[plan.Part]bool
	// again is true if an earlier pass has carried out this spec but for what it could not: what differs now was changed since.
	again bool
	// did is what was carried out; pending names the fields that were not.
	did     []plan.Change
	pending []string
	// planned is true once pending says what differs.
	planned bool
	// refusals counts the calls that Clerk refused; failed are the changes of the present round that it refused or did not
	// keep.
	refusals int
	failed   []plan.Change
	// failing names the first change whose call failed otherwise.
	failing string
	// lost are the changes of the present round whose answer was lost.
	lost []plan.Change
	// notKept and contended are names of fields.
	notKept, contended []string
	// includeAfter is when to try again to read what status includes; 0 is not before the next full comparison.
	includeAfter time.Duration
	happened     []occurrence
	// suspended, onHold and released say how a pass ended early: by wish, because nothing changed since it failed, or
	// because the object was let go.
	suspended, onHold, released bool
	// drift is true if the spec had its verdict before: what differs was changed by somebody else, or in a source.
	drift bool
	err   error
}

func (r *Reconciler) newPass(user *v1alpha1.ClerkUser) *pass {
	p := &pass{
		Reconciler: r,
		user:       user,
		stored:     user.DeepCopy(),
		now:        r.Now(),
		userID:     user.Status.UserID,
		origin:     user.Status.Origin,
		drift:      user.Status.ObservedGeneration == user.Generation || user.Undecoded.Concern("status.observedGeneration"),
	}
	if ready := readyCondition(user); ready != nil && ready.Status == metav1.ConditionFalse {
		p.owes = slices.Clone(user.Status.PendingChanges)
	}
	if user.Status.Applied != nil {
		p.applied = *user.Status.Applied.DeepCopy()
	}
	if user.Status.UserID == "" {
		// Somebody removed the status. What this process knows is more than the creating call can tell.
		p.applied = r.memory.lastRecord(user.UID, p.applied)
	}
	p.appliedSince = r.memory.recordSince(user.UID, p.stored.Status.Applied, p.now)
	return p
}

func (p *pass) run(ctx context.Context) error {
	if !p.user.DeletionTimestamp.IsZero() {
		return p.remove(ctx)
	}
	return p.sync(ctx)
}

// sync makes Clerk match the spec.
func (p *pass) sync(ctx context.Context) error {
	if p.suspended = p.user.Spec.Suspended(); p.suspended {
		return nil
	}
	if err := p.understood(); err != nil {
		return err
	}
	if err := p.findInputs(ctx); err != nil {
		return err
	}
	p.noteDeclared()
	if err := p.stillQueued(); err != nil {
		return err
	}
	if err := p.readSources(ctx); err != nil && !p.goesOnWithout(err) {
		return err
	}
	p.recall()
	if err := p.heldBack(); err != nil {
		return p.withdraw(ctx, err)
	}
	if err := p.sameInstance(); err != nil {
		return err
	}
	if err := p.think(); err != nil && !p.thinksWithout(err) {
		return err
	}
	if err := p.prepare(ctx); err != nil {
		return err
	}
	// After the finalizer, whose absence would tell an object with a copied status that somebody manages the user.
	if err := p.soleOwner(ctx); err != nil {
		return err
	}
	if err := p.observe(ctx); err != nil {
		return p.withdraw(ctx, err)
	}
	err := p.enforce(ctx)
	if _, others := errors.AsType[*unfinished](err); err != nil && !others {
		return err
	}
	return cmp.Or(err, p.include(ctx))
}

// think turns the spec into what is desired. It is repeated when origin or applied change, which the plan rests on.
func (p *pass) think() error {
	if p.onlyRestricts {
		return nil
	}
	in := p.sources.Inputs
	in.Mark, in.Applied, in.LiftLock = p.mark(), p.applied, p.liftsLock()
	desired, err := plan.FromSpec(&p.user.Spec, in)
	if err != nil {
		return err
	}
	p.desired = desired
	return nil
}

// mark is the owner mark of this object. A user without an origin yet is one to be created.
func (p *pass) mark() plan.Mark {
	origin := p.origin
	if origin == "" {
		origin = v1alpha1.OriginCreated
	}
	return MarkOf(p.ClusterID, p.user, origin)
}

func (p *pass) subject(userID string) binding.Subject {
	return binding.Subject{
		ClusterID:  p.ClusterID,
		UID:        string(p.user.UID),
		InstanceID: p.in.connection.InstanceID,
		UserID:     userID,
	}
}

// forced reports whether the annotation asks for a fresh look.
func (p *pass) forced() bool {
	return p.user.ReconcileRequestedAt() != p.user.Status.LastHandledReconcileAt
}

// recall takes over what is remembered of earlier passes over this spec.
func (p *pass) recall() {
	fields := p.fields()
	p.owedParts, p.again = fields.pending, fields.pending != nil
}

// theirs reports whether what differs was changed by somebody else at Clerk: neither the spec nor its sources did change.
func (p *pass) theirs() bool { return (p.drift || p.again) && !p.rotated }

// liftsLock reports whether locked: false lifts any lock now, which it does once.
func (p *pass) liftsLock() bool {
	return (!p.drift && !p.again || p.owed(plan.Part{Field: plan.FieldLocked})) && !p.fields().unlocked
}

// owed reports whether a part was declared for some time and could not be carried out so far: what changes it now is no
// correction of what somebody else has changed.
func (p *pass) owed(part plan.Part) bool {
	if p.owedParts != nil {
		return p.owedParts[part]
	}
	return slices.Contains(p.owes, part.Field)
}

func (p *pass) uid() string { return string(p.user.UID) }
