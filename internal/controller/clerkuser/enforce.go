// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// maxRounds bounds how often a pass plans again after it carried a plan out, not counting what Clerk refused. Two are the
// rule: one to act, one to see that nothing is left.
const maxRounds = 4

// enforce plans, carries out what is allowed, and plans against Clerk's answers until nothing is left.
func (p *pass) enforce(ctx context.Context) error {
	p.compareUnseen()
	p.findLost()
	for left := maxRounds; left > 0; left-- {
		p.failed = nil
		refusals := p.refusals
		todo := p.plan()
		do, withheld := plan.Allow(p.policy(todo), todo, p.desired, p.observed)
		if p.onlyRestricts {
			do = plan.Restrictions(do)
		}
		p.pending, p.planned = p.known(withheld), true
		if len(do) == 0 {
			return p.conclude(todo)
		}
		if err := p.carryOutAll(ctx, do); err != nil {
			p.notePending(err)
			return err
		}
		left += p.refusals - refusals
	}
	return errUnsettled
}

// plan is what to do about the user as it was seen last.
func (p *pass) plan() []plan.Change {
	if p.latest.desired != p.desired || p.latest.observed != p.observed {
		p.latest = planned{p.desired, p.observed, plan.For(p.desired, p.observed)}
	}
	return p.latest.changes
}

// planned is a plan and what it was made for.
type planned struct {
	desired  *plan.Desired
	observed *clerk.User
	changes  []plan.Change
}

// carryOutAll makes the calls of a plan, and keeps the record of what is the operator's to take back.
func (p *pass) carryOutAll(ctx context.Context, do []plan.Change) error {
	applied, before, refusals := p.applied, len(p.did), p.refusals
	if err := p.intend(ctx, do); err != nil {
		return err
	}
	p.lost = nil
	err := p.apply(ctx, do)
	did := p.did[before:]
	p.fields().lost = p.lost
	p.countCorrections(did)
	if err == nil && p.refusals == refusals {
		return nil
	}
	// What others have in the place of what was not carried out is not to be taken back when it leaves the spec. A call whose
	// answer was lost may have been.
	made := slices.Concat(did, p.lost)
	p.applied = plan.Confirm(plan.Intend(applied, p.desired, made), p.desired, did)
	return cmp.Or(err, p.think())
}

// policy says what of a plan is not to be done: all of it in mode Observe, and else the fields whose values are not known and
// those that somebody keeps changing back, and the parts that Clerk does not keep or refused a while ago.
func (p *pass) policy(todo []plan.Change) plan.Policy {
	if p.user.Spec.Observes() {
		return plan.Policy{Observe: true}
	}
	fields := p.fields()
	policy := plan.Policy{Withheld: map[string]bool{}, Refused: fields.standing(p.circumstances(), p.now), Single: fields.single}
	for _, field := range p.sources.LeftOut {
		policy.Withheld[field] = true
	}
	p.notKept, p.contended = nil, nil
	for _, part := range partsOf(todo) {
		if fields.futile(part, plan.Fingerprint(p.observed, part.Field)) {
			policy.Refused[part] = true
			if !slices.Contains(p.notKept, part.Field) {
				p.notKept = append(p.notKept, part.Field)
			}
		}
	}
	differing := plan.Fields(todo)
	for _, field := range differing {
		if !slices.Contains(p.notKept, field) && fields.contended(field, p.in.connection.Mirror.ComparedAt()) {
			p.contended = append(p.contended, field)
			policy.Withheld[field] = true
		}
	}
	fields.calm(differing, p.now, p.in.instance.Spec.FullInterval())
	return policy
}

// partsOf are the parts of changes, the sorted fields of each in turn.
func partsOf(changes []plan.Change) []plan.Part {
	var parts []plan.Part
	for _, change := range changes {
		parts = append(parts, plan.Parts(change)...)
	}
	return parts
}

// known leaves out the fields of which it is not known whether they differ. Private metadata that the spec holds itself is
// known, and not written either.
func (p *pass) known(fields []string) []string {
	return slices.DeleteFunc(fields, func(field string) bool {
		inline := field == plan.FieldPrivateMetadata && p.user.Spec.PrivateMetadata != nil
		return slices.Contains(p.sources.LeftOut, field) && !inline
	})
}

// notePending names everything that was not carried out because a call failed. While the object only waits for its turn,
// status says nothing new of that.
func (p *pass) notePending(err error) {
	if len(p.fields().unseen) == 0 {
		p.settle()
	}
	if _, waiting := clerk.Waiting(err); waiting {
		p.planned = false
		return
	}
	p.pending = p.known(plan.Fields(p.plan()))
}

// settle takes off the record what left the spec and is no longer at Clerk.
func (p *pass) settle() {
	if !p.onlyRestricts && !p.user.Spec.Observes() {
		p.applied = plan.Settle(p.applied, p.desired, p.observed)
	}
}

// conclude ends a pass that has nothing left to do.
func (p *pass) conclude(todo []plan.Change) error {
	p.settle()
	switch {
	case p.onlyRestricts:
		return p.invalid
	case p.user.Spec.Observes(), p.missing != nil && !source.IsFault(p.missing):
		return p.missing
	}
	fields := p.fields()
	fields.left(partsOf(todo), p.contended)
	open := &unfinished{
		missing:     p.missing,
		refused:     fields.refused(todo, p.desired),
		unreachable: plan.Unreachable(p.desired, p.observed),
		notKept:     p.notKept,
	}
	p.applied = fields.disown(p.applied, p.observed)
	if len(open.refused) == 0 {
		p.Pool.Identifiers().Forget(p.uid())
	}
	return open.orNil()
}

// intend puts on record what will be ours to take back, before it is written to Clerk: a crash right after would leave
// it there for ever. It waits for the token of the first call before that, or what is not sent would be on record.
func (p *pass) intend(ctx context.Context, do []plan.Change) error {
	former, next := p.applied, plan.Intend(p.applied, p.desired, do)
	if plan.SameApplied(next, former) {
		return p.confirmRecord(ctx, do)
	}
	p.applied = next
	p.fields().intends(former, next)
	if p.justCreated() {
		return nil
	}
	err := p.in.client.Reserve()
	if err == nil {
		err = p.reportIntent(ctx)
	}
	if err != nil {
		p.applied = former
		return fmt.Errorf("recording what is about to be written: %w", err)
	}
	return nil
}

// fields is what is remembered of the fields under what is declared now: a source with another value is a new wish.
func (p *pass) fields() *fieldMemory {
	declared := p.sources.Digest
	if !p.sources.Complete {
		declared = p.user.Status.InputsDigest
	}
	return p.memory.fields(p.user.UID, p.user.Generation, declared)
}

// justCreated reports whether this pass created the user; the annotation then holds what was added.
func (p *pass) justCreated() bool {
	return slices.ContainsFunc(p.did, func(c plan.Change) bool {
		_, ok := c.(plan.Create)
		return ok
	})
}

// countCorrections remembers which fields are put right although the spec did not change. A lock that lapsed by itself
// is nobody's doing.
func (p *pass) countCorrections(did []plan.Change) {
	if !p.theirs() || p.justCreated() {
		return
	}
	lapsed := p.user.Status.LockExpiresAt != nil && !p.user.Status.LockExpiresAt.After(p.now)
	fields := p.fields()
	for _, field := range p.foreign(did) {
		if field != plan.FieldLocked || !lapsed {
			fields.corrected(field, p.now)
		}
	}
}

// compareUnseen is for changes of the pass before this one, which was broken off before it saw their effect.
func (p *pass) compareUnseen() {
	if fields := p.fields(); len(fields.unseen) > 0 {
		p.noteFutile(fields.unseen)
		fields.unseen = nil
	}
}

// findLost counts the changes of the pass before this one whose answer was lost as carried out, where the user shows them.
func (p *pass) findLost() {
	fields := p.fields()
	for _, change := range fields.lost {
		if len(plan.Repeated([]plan.Change{change}, p.plan())) == 0 {
			p.did = append(p.did, change)
		}
	}
	fields.lost = nil
}

// noteFutile remembers what Clerk's answers to the very calls that were to change it do not show. It counts as failed.
func (p *pass) noteFutile(did []plan.Change) {
	fields := p.fields()
	for _, part := range plan.Repeated(did, p.plan()) {
		fields.ignored(part, plan.Fingerprint(p.observed, part.Field))
		p.failed = append(p.failed, did...)
	}
}
