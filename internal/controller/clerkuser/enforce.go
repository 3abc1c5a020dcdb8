// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// maxRounds bounds how often a pass plans again after it carried a plan out. Two are the rule: one to act, one to see
// that nothing is left.
const maxRounds = 4

// enforce plans, carries out what is allowed, and plans against Clerk's answers until nothing is left.
func (p *pass) enforce(ctx context.Context) error {
	for range maxRounds {
		todo := plan.For(p.desired, p.observed)
		if p.missing != nil {
			todo = plan.Restrictions(todo)
		}
		do, withheld := plan.Allow(p.policy(todo), todo)
		p.withheld, p.planned = withheld, true
		if len(do) == 0 {
			return p.conclude()
		}
		applied, before := p.applied, len(p.did)
		if err := p.intend(ctx, do); err != nil {
			return err
		}
		err := p.apply(ctx, do)
		p.countCorrections(p.did[before:])
		if err != nil {
			p.disown(applied, p.did[before:], err)
			return err
		}
		if err := p.think(); err != nil {
			return err
		}
		p.noteFutile(do)
	}
	return errUnsettled
}

// policy says what of a plan is not to be done: all of it in mode Observe, and else the fields that Clerk does not keep
// and those that somebody keeps changing back.
func (p *pass) policy(todo []plan.Change) plan.Policy {
	if p.user.Spec.Observes() {
		return plan.Policy{Observe: true}
	}
	fields := p.fields()
	p.notKept, p.contended = nil, nil
	withheld := map[string]bool{}
	differing := plan.Fields(todo)
	for _, field := range differing {
		if fields.futile(field, plan.Fingerprint(p.observed, field)) {
			p.notKept = append(p.notKept, field)
			withheld[field] = true
		} else if fields.contended(field, p.in.connection.Mirror.ComparedAt()) {
			p.contended = append(p.contended, field)
			withheld[field] = true
		}
	}
	fields.calm(differing, p.now, p.in.instance.Spec.FullInterval())
	return plan.Policy{Withheld: withheld}
}

// conclude ends a pass that has nothing left to do.
func (p *pass) conclude() error {
	if p.missing != nil {
		return p.missing
	}
	if p.user.Spec.Observes() {
		return nil
	}
	p.applied = plan.Settle(p.applied, p.desired, p.observed)
	if unreachable := plan.Unreachable(p.desired, p.observed); len(unreachable) > 0 {
		return &unreachable[0]
	}
	if len(p.notKept) > 0 {
		return notKept(p.notKept)
	}
	return nil
}

// intend puts on record what will be ours to take back, before it is written to Clerk: a crash right after would leave
// it there for ever.
func (p *pass) intend(ctx context.Context, do []plan.Change) error {
	next := plan.Intend(p.applied, p.desired, do)
	if sameApplied(next, p.applied) {
		return nil
	}
	p.applied = next
	if p.justCreated() {
		return nil
	}
	return p.reportIntent(ctx)
}

// disown takes off the record what was to become ours by calls that were not made, since Clerk refused one. What others have
// in its place is not to be taken back when it leaves the spec.
func (p *pass) disown(applied v1alpha1.Applied, did []plan.Change, err error) {
	if _, refused := clerk.Rejected(err); refused {
		p.applied = plan.Confirm(plan.Intend(applied, p.desired, did), p.desired, did)
	}
}

// fields is what is remembered of the fields under what is declared now: a source with another value is a new wish.
func (p *pass) fields() *fieldMemory {
	declared := p.sources.digest
	if !p.sources.read {
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

func sameApplied(a, b v1alpha1.Applied) bool {
	return slices.Equal(a.Metadata, b.Metadata) &&
		slices.Equal(a.EmailAddresses, b.EmailAddresses) &&
		slices.Equal(a.PhoneNumbers, b.PhoneNumbers) &&
		a.Banned == b.Banned && a.Locked == b.Locked && a.ProfileImage == b.ProfileImage &&
		a.PasswordDigest == b.PasswordDigest && a.ProfileImageDigest == b.ProfileImageDigest
}

// countCorrections remembers which fields are put right although the spec did not change. A lock that lapsed by itself
// is nobody's doing.
func (p *pass) countCorrections(did []plan.Change) {
	if !p.theirs() || p.justCreated() {
		return
	}
	lapsed := p.user.Status.LockExpiresAt != nil && !p.user.Status.LockExpiresAt.After(p.now)
	fields := p.fields()
	for _, field := range plan.Fields(did) {
		if field == "locked" && lapsed {
			continue
		}
		fields.corrected(field, p.now)
	}
}

// noteFutile remembers the fields that still differ in Clerk's answer to the very call that was to change them.
func (p *pass) noteFutile(did []plan.Change) {
	left := plan.Fields(plan.For(p.desired, p.observed))
	fields := p.fields()
	for _, field := range plan.Fields(did) {
		if slices.Contains(left, field) {
			fields.ignored(field, plan.Fingerprint(p.observed, field))
		}
	}
}
