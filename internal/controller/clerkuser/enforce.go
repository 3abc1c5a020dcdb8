// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// enforce makes the user at Clerk match the desired state.
type enforce struct {
	objectPatcher
	finder finder
	writer connection.Writer
	clock  func() time.Time
}

// maxRounds limits how many plans a reconciliation carries out. Rounds in which Clerk refused a call do not count. Two are
// usual: one makes the changes, and one finds that nothing is left.
const maxRounds = 4

// run diffs, applies what is allowed, and diffs against Clerk's answers until nothing is left.
func (e enforce) run(ctx context.Context) error {
	e.checkUnverified()
	e.checkLost()
	for left := maxRounds; left > 0; left-- {
		e.failed = nil
		refusals := e.refusals
		todo := e.diff(e.observed)
		do, withheld := plan.Allow(e.policy(todo), todo, e.desired, e.observed)
		if e.onlyRestricts {
			do = plan.Restrictions(do)
		}
		e.pending, e.planned = e.withoutUnknown(withheld), true
		if len(do) == 0 {
			return e.conclude(todo)
		}
		if err := e.carryOutAll(ctx, do); err != nil {
			e.setPending(err)
			return err
		}
		left += e.refusals - refusals
	}
	return errUnsettled
}

// carryOutAll makes the calls of a plan, and keeps the record of what the operator added.
func (e enforce) carryOutAll(ctx context.Context, do []plan.Change) error {
	before, refusals := len(e.did), e.refusals
	if err := e.recordBegin(ctx, do); err != nil {
		return err
	}
	e.lost = nil
	err := e.apply(ctx, do)
	did := e.did[before:]
	e.fields().lost = e.lost
	e.countCorrections(did)
	if err == nil && e.refusals == refusals {
		return nil
	}
	e.record.Rollback(e.desired, did, e.lost)
	return cmp.Or(err, e.buildDesired())
}

// recordBegin records what the operator is about to add, before it is written to Clerk. Otherwise a crash right after the call
// would leave it at Clerk for ever. The token of the first call is reserved first, so that nothing is recorded that is not
// sent.
func (e enforce) recordBegin(ctx context.Context, do []plan.Change) error {
	pointers, changed := e.record.Begin(e.desired, do)
	if !changed {
		return e.confirmRecord(ctx, do)
	}
	e.fields().addIntended(pointers)
	if e.justCreated() {
		return nil
	}
	err := e.writer.Reserve()
	if err == nil {
		err = e.recordIntent(ctx)
	}
	if err != nil {
		e.record.Cancel()
		return fmt.Errorf("recording what is about to be written: %w", err)
	}
	return nil
}

// policy is what of a plan is withheld. In mode Observe this is everything. Otherwise it is: fields with unknown values,
// contended fields, and parts that Clerk ignored or refused.
func (r *reconciliation) policy(todo []plan.Change) plan.Policy {
	if r.user.Spec.Observes() {
		return plan.Policy{Observe: true}
	}
	fields := r.fields()
	policy := plan.Policy{Withheld: map[string]bool{}, Refused: fields.inBackOff(r.backOffInputs(), r.now), Single: fields.single}
	for _, field := range r.sources.LeftOut {
		policy.Withheld[field] = true
	}
	r.notKept, r.contended = nil, nil
	for _, part := range partsOf(todo) {
		if fields.wasIgnored(part, plan.Fingerprint(r.observed, part.Field)) {
			policy.Refused[part] = true
			if !slices.Contains(r.notKept, part.Field) {
				r.notKept = append(r.notKept, part.Field)
			}
		}
	}
	differing := plan.Fields(todo)
	for _, field := range differing {
		if !slices.Contains(r.notKept, field) && fields.contended(field, r.mirror.LastFullSync()) {
			r.contended = append(r.contended, field)
			policy.Withheld[field] = true
		}
	}
	fields.settleConflicts(differing, r.now, r.instance.Spec.FullInterval())
	return policy
}

// partsOf are the parts of changes, in the order of the changes.
func partsOf(changes []plan.Change) []plan.Part {
	var parts []plan.Part
	for _, change := range changes {
		parts = append(parts, plan.Parts(change)...)
	}
	return parts
}

// withoutUnknown removes the fields of which it is unknown whether they differ. Private metadata that the spec contains inline
// is known, although it is not written either.
func (r *reconciliation) withoutUnknown(fields []string) []string {
	return slices.DeleteFunc(fields, func(field string) bool {
		inline := field == plan.FieldPrivateMetadata && r.user.Spec.PrivateMetadata != nil
		return slices.Contains(r.sources.LeftOut, field) && !inline
	})
}

// setPending sets the fields that were not applied because a call failed. While the object only waits for a token, status does
// not change.
func (r *reconciliation) setPending(err error) {
	if len(r.fields().unverified) == 0 {
		r.pruneRecord()
	}
	if _, waiting := clerk.Waiting(err); waiting {
		r.planned = false
		return
	}
	r.pending = r.withoutUnknown(plan.Fields(r.diff(r.observed)))
}

// pruneRecord removes entries from the record that have left the spec and are no longer at Clerk.
func (r *reconciliation) pruneRecord() {
	if !r.onlyRestricts && !r.user.Spec.Observes() {
		r.record.Prune(r.desired, r.observed)
	}
}

// conclude finishes a reconciliation that has nothing left to apply.
func (r *reconciliation) conclude(todo []plan.Change) error {
	r.pruneRecord()
	switch {
	case r.onlyRestricts:
		return r.specErr
	case r.user.Spec.Observes(), r.sourcesErr != nil && !source.IsFault(r.sourcesErr):
		return r.sourcesErr
	}
	fields := r.fields()
	fields.recordPending(partsOf(todo), r.contended)
	open := &unfinished{
		sourcesErr:  r.sourcesErr,
		refused:     fields.refused(todo, r.desired),
		unreachable: plan.Unreachable(r.desired, r.observed),
		notKept:     r.notKept,
	}
	refused, unsent := fields.unwritten()
	r.record.Disown(r.observed, refused, unsent)
	if len(open.refused) == 0 {
		r.identifiers.Forget(r.uid())
	}
	return open.orNil()
}

// countCorrections counts the fields that were corrected although the spec did not change. A lock that lapsed does not count.
func (r *reconciliation) countCorrections(did []plan.Change) {
	if !r.isDrift() || r.justCreated() {
		return
	}
	lapsed := r.user.Status.LockExpiresAt != nil && !r.user.Status.LockExpiresAt.After(r.now)
	fields := r.fields()
	for _, field := range r.driftFields(did) {
		if field != plan.FieldLocked || !lapsed {
			fields.recordCorrection(field, r.now)
		}
	}
}

// checkUnverified checks the changes of the last reconciliation, if it ended before it saw their effect.
func (r *reconciliation) checkUnverified() {
	if fields := r.fields(); len(fields.unverified) > 0 {
		r.recordIgnored(fields.unverified)
		fields.unverified = nil
	}
}

// checkLost counts the changes of the last reconciliation whose answers were lost as done, if the user shows them.
func (r *reconciliation) checkLost() {
	fields := r.fields()
	for _, change := range fields.lost {
		if len(plan.Repeated([]plan.Change{change}, r.diff(r.observed))) == 0 {
			r.did = append(r.did, change)
		}
	}
	fields.lost = nil
}

// recordIgnored records the parts that Clerk's answers do not show although the calls changed them. These changes count as
// failed.
func (r *reconciliation) recordIgnored(did []plan.Change) {
	fields := r.fields()
	for _, part := range plan.Repeated(did, r.diff(r.observed)) {
		fields.recordIgnored(part, plan.Fingerprint(r.observed, part.Field))
		r.failed = append(r.failed, did...)
	}
}

// compare diffs against Clerk's answer, and records at once which of the changes it does not show. Otherwise a reconciliation
// that waits before its next call would send them again and again.
func (r *reconciliation) compare(did []plan.Change) error {
	if err := r.buildDesired(); err != nil {
		return err
	}
	r.recordIgnored(did)
	return nil
}

// metadataPointers are the pointers of the metadata that a change writes.
func (r *reconciliation) metadataPointers(change plan.Change) []string {
	return plan.Intend(v1alpha1.Applied{}, r.desired, []plan.Change{change}).Metadata
}
