// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// objectStates is what this process remembers of ClerkUsers between reconciliations. Correctness does not depend on it: after a
// restart, a refused call may be repeated once.
type objectStates struct{ *reconcile.Store[objectEntry] }

func newObjectStates() objectStates { return objectStates{reconcile.NewStore[objectEntry]()} }

// objectEntry is the state of one object, and the notifications for its next reconciliation.
type objectEntry struct {
	state objectState
	// notifications is nil while there are none.
	notifications *notifications
}

// begin returns the state of an object for a reconciliation, after it has received the notifications.
func (s objectStates) begin(uid types.UID) (state *objectState) {
	s.Change(uid, func(e *objectEntry) {
		if e.notifications != nil {
			e.state.receive(*e.notifications)
		}
		e.notifications, state = nil, &e.state
	})
	return state
}

// transferred reports whether another object has transferred its user to this one since the current reconciliation began.
func (s objectStates) transferred(uid types.UID) (transferred bool) {
	s.Change(uid, func(e *objectEntry) { transferred = e.notifications != nil && e.notifications.transferred })
	return transferred
}

// objectState is the remembered state of one object, beyond what all kinds have in common. Only the object's reconciliation
// uses it, and there is one at a time.
type objectState struct {
	backOff *backOff
	attempt attempt
	// lookUps are answers of this reconciliation and of earlier ones that had to wait for a token.
	lookUps map[clerk.Identifier]lookUp
	fields  *fieldState
	extras  map[v1alpha1.StatusInclude]extra
	record  recordSeen
	// removing is nil for most objects; see removal.
	removing *removalState
	// unrecorded is what was carried out while status.applied could not be written; nil is nothing.
	unrecorded *v1alpha1.Applied
}

// finish removes what was only kept while the reconciliation waited for tokens.
func (o *objectState) finish(observes bool) {
	o.attempt.taken = nil
	if !observes {
		o.lookUps = nil
	}
}

// dropEmpty removes the state of the fields if it says no more than status does. This is so for most objects, and there may be
// many.
func (o *objectState) dropEmpty() {
	if o.fields != nil && o.fields.isEmpty() {
		o.fields = nil
	}
}

// recordSeen is status.applied as this process knows it. at is when it last got an entry that it did not have before.
type recordSeen struct {
	applied *v1alpha1.Applied
	at      time.Time
}

// update stores status.applied, and returns a time at which all of it was on record.
func (s *recordSeen) update(applied *v1alpha1.Applied, now time.Time) time.Time {
	if applied == nil {
		applied = &v1alpha1.Applied{}
	}
	if s.applied == nil || plan.Forgets(*applied, *s.applied) {
		s.at = now
	}
	s.applied = applied
	return s.at
}

// backOff delays the retry of a lasting failure until its inputs change or its time has come.
type backOff = reconcile.BackOff[backOffInputs]

// backOffInputs are the inputs on which a lasting failure depended.
type backOffInputs struct {
	generation, instanceGeneration int64
	instanceID, requestedAt        string
	// sources is a digest of the values in the spec's Secrets and ConfigMaps.
	sources  string
	deleting bool
}

// fieldState is the remembered state of an object's fields for one generation of its spec and one digest of its sources. Most
// objects have no such state, and no maps then.
type fieldState struct {
	generation int64
	sources    string
	ignoredAt  map[plan.Part]string
	conflicts  map[string]*fieldConflict
	refusals   map[plan.Part]refusal
	// unverified are changes that Clerk accepted in a reconciliation that ended before it saw their effect.
	unverified []plan.Change
	// lost are the changes of the last reconciliation whose answers were lost.
	lost []plan.Change
	// pending are the parts that the last reconciliation did not apply; nil if none has finished.
	pending map[plan.Part]bool
	// intended are the metadata pointers that were recorded for this spec and not written so far.
	intended map[string]bool
	// unlocked is true after a lock was lifted for this spec.
	unlocked bool
	// single is true after Clerk refused a call for several fields without naming one.
	single bool
}

// fieldConflict is the history of a field that somebody else changes back.
type fieldConflict struct {
	corrections []time.Time
	contended   bool
}

const (
	// maxCorrections is the number of corrections within conflictTime after which a field counts as contended.
	maxCorrections = 3
	conflictTime   = time.Hour
)

// isEmpty reports whether the only remembered fact is that a reconciliation finished.
func (f *fieldState) isEmpty() bool {
	return len(f.ignoredAt) == 0 && len(f.conflicts) == 0 && len(f.refusals) == 0 && len(f.unverified) == 0 && len(f.lost) == 0 &&
		len(f.pending) == 0 && len(f.intended) == 0 && !f.unlocked && !f.single
}

// fieldsOf returns the state of the fields. It starts empty for every generation and every digest of the sources.
func (o *objectState) fieldsOf(generation int64, sources string) *fieldState {
	if o.fields == nil || o.fields.generation != generation || o.fields.sources != sources {
		o.fields = newFieldState(generation, sources)
	}
	return o.fields
}

func newFieldState(generation int64, sources string) *fieldState {
	return &fieldState{generation: generation, sources: sources}
}

// recordIgnored records that Clerk's answer to a change of the part did not show it. The fingerprint is of the value that the
// field had at Clerk.
func (f *fieldState) recordIgnored(part plan.Part, fingerprint string) {
	if f.ignoredAt == nil {
		f.ignoredAt = map[plan.Part]string{}
	}
	f.ignoredAt[part] = fingerprint
}

// wasIgnored reports whether Clerk ignored a change of the part while the field had this value.
func (f *fieldState) wasIgnored(part plan.Part, fingerprint string) bool {
	seen, found := f.ignoredAt[part]
	return found && seen == fingerprint
}

// addIntended records metadata pointers that are recorded in status.applied for this spec.
func (f *fieldState) addIntended(pointers []string) {
	for _, pointer := range pointers {
		if f.intended == nil {
			f.intended = map[string]bool{}
		}
		f.intended[pointer] = true
	}
}

// removeIntended records that metadata pointers were written to Clerk.
func (f *fieldState) removeIntended(pointers []string) {
	for _, pointer := range pointers {
		delete(f.intended, pointer)
	}
}

// unwritten are the refused parts, and the metadata pointers that were recorded for this spec and not written. Under any other
// pointer, Clerk may have an earlier value from the operator.
func (f *fieldState) unwritten() (refused []plan.Part, unsent map[string]bool) {
	return slices.Collect(maps.Keys(f.refusals)), f.intended
}

// recordPending records the parts that were not applied. A contended field was applied before, so it does not count.
func (f *fieldState) recordPending(parts []plan.Part, contended []string) {
	f.pending = map[plan.Part]bool{}
	for _, part := range parts {
		if !slices.Contains(contended, part.Field) {
			f.pending[part] = true
		}
	}
}

// recordCorrection records that the operator corrected a field that somebody else had changed.
func (f *fieldState) recordCorrection(field string, now time.Time) {
	s := f.conflicts[field]
	if s == nil {
		s = &fieldConflict{}
		if f.conflicts == nil {
			f.conflicts = map[string]*fieldConflict{}
		}
		f.conflicts[field] = s
	}
	s.corrections = append(s.corrections, now)
	if len(s.corrections) > maxCorrections {
		s.corrections = slices.Delete(s.corrections, 0, len(s.corrections)-maxCorrections)
	}
}

// contended reports whether a field that differs again waits for the next full sync. It does if the operator corrected the
// field after the last full sync, which began at compared.
func (f *fieldState) contended(field string, compared time.Time) bool {
	s := f.conflicts[field]
	if s == nil {
		return false
	}
	last := s.corrections[len(s.corrections)-1]
	if len(s.corrections) == maxCorrections && last.Sub(s.corrections[0]) <= conflictTime {
		s.contended = true
	}
	return s.contended && !last.Before(compared)
}

// settleConflicts ends the conflicts over fields that stayed corrected for a full interval.
func (f *fieldState) settleConflicts(differing []string, now time.Time, full time.Duration) {
	for field, s := range f.conflicts {
		if !slices.Contains(differing, field) && now.Sub(s.corrections[len(s.corrections)-1]) >= full {
			delete(f.conflicts, field)
		}
	}
}

// refusal is Clerk's answer to a call for one part of a plan. The part is withheld with a growing back-off; other parts are not
// affected.
type refusal struct {
	err     *clerk.Error
	backOff *backOff
}

// retry ends the back-off of the parts that contain one of these identifiers.
func (f *fieldState) retry(identifiers []clerk.Identifier) {
	for part, r := range f.refusals {
		if slices.ContainsFunc(identifiers, part.Claims) {
			over := *r.backOff
			over.Until = time.Time{}
			f.refusals[part] = refusal{r.err, &over}
		}
	}
}

// namedParts are the parts that Clerk's answer names.
func namedParts(parts []plan.Part, refused *clerk.Error) []plan.Part {
	var named []plan.Part
	for _, path := range plan.PathsOf(refused) {
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "spec."), ".")
		for _, part := range parts {
			if part.Field == name && !slices.Contains(named, part) {
				named = append(named, part)
			}
		}
	}
	return named
}

// refuse records that Clerk refused a part. The part is withheld for five minutes, doubling to six hours while its inputs stay
// the same.
func (f *fieldState) refuse(part plan.Part, err *clerk.Error, under backOffInputs, now time.Time) {
	if f.refusals == nil {
		f.refusals = map[plan.Part]refusal{}
	}
	next := f.refusals[part].backOff.Next(reconcile.AfterLastingFailures(), under, err, now)
	f.refusals[part] = refusal{err, next}
}

// inBackOff are the parts whose back-off has not ended.
func (f *fieldState) inBackOff(under backOffInputs, now time.Time) map[plan.Part]bool {
	parts := map[plan.Part]bool{}
	for part, r := range f.refusals {
		if r.backOff.Left(under, now) > 0 {
			parts[part] = true
		}
	}
	return parts
}

// refusedPart is a refusal, and the path of the refused part in the spec.
type refusedPart struct {
	path string
	refusal
}

// refused are the refusals of parts that are still in the plan, in the order of the spec's paths. It forgets all others.
func (f *fieldState) refused(todo []plan.Change, d *plan.Desired) []refusedPart {
	open := map[plan.Part]bool{}
	for _, change := range todo {
		for _, part := range plan.Parts(change) {
			open[part] = true
		}
	}
	maps.DeleteFunc(f.refusals, func(part plan.Part, _ refusal) bool { return !open[part] })
	var parts []refusedPart
	for part, r := range f.refusals {
		parts = append(parts, refusedPart{path: d.Path(part), refusal: r})
	}
	slices.SortFunc(parts, func(a, b refusedPart) int {
		if order := strings.Compare(a.path, b.path); order != 0 {
			return order
		}
		return strings.Compare(a.err.Error(), b.err.Error())
	})
	return parts
}
