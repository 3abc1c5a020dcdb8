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

// objectStates is what this process remembers of ClerkUsers between reconciles. None of it is needed to be right: after a
// restart a rejected call may be made once more.
type objectStates struct{ *reconcile.Store[objectEntry] }

func newObjectStates() objectStates { return objectStates{reconcile.NewStore[objectEntry]()} }

// objectEntry is the state of one object, and what others ask of its next reconcile.
type objectEntry struct {
	state         objectState
	notifications notifications
}

// begin returns the state of an object for a reconcile of it, which takes over the messages for it.
func (s objectStates) begin(uid types.UID) (state *objectState) {
	s.Change(uid, func(e *objectEntry) {
		e.state.receive(e.notifications)
		e.notifications, state = notifications{}, &e.state
	})
	return state
}

// notify leaves a message for the next reconcile of an object.
func (s objectStates) notify(uid types.UID, change func(*notifications)) {
	s.Change(uid, func(e *objectEntry) { change(&e.notifications) })
}

// transferred reports whether another object has given its user to this one since its reconcile began.
func (s objectStates) transferred(uid types.UID) bool { return s.Of(uid).notifications.transferred }

// notifications is what event handlers and other objects' reconciles leave for the next reconcile of an object.
type notifications struct {
	// freed is the identifiers that may be granted now although Clerk refused them.
	freed []clerk.Identifier
	// unblocked is true if an object is gone in whose way this one may have been.
	unblocked bool
	// transferred is true if another object has given its user to this one.
	transferred bool
}

// objectState is what is remembered of one object beside what all kinds have in common. Only its reconcile uses it, of which
// there is one at a time.
type objectState struct {
	backOff *backOff
	attempt attempt
	// lookUps are answers of this and earlier reconciles that had to wait before they were done.
	lookUps map[clerk.Identifier]lookUp
	// pausedAt is when the deletion brake paused the object first. counted is the id of the user that it counted; "" is none.
	pausedAt time.Time
	counted  string
	// deleted is the id of the user that was deleted with the object; "" is none.
	deleted string
	fields  *fieldState
	extras  map[v1alpha1.StatusInclude]extra
	record  recordSeen
}

// receive takes over messages. What Clerk refused for another reason than an object that is gone stays in back-off: it would be
// refused again with every object that goes.
func (o *objectState) receive(m notifications) {
	if m.unblocked && o.backOff != nil {
		if _, rejected := clerk.Rejected(o.backOff.Err); !rejected {
			o.backOff = nil
		}
	}
	if m.transferred {
		o.attempt.loseAnswer()
	}
	if len(m.freed) == 0 {
		return
	}
	if o.fields != nil {
		o.fields.retry(m.freed)
	}
	o.backOff, o.attempt.taken, o.lookUps = nil, nil, nil
}

// finish forgets what helped a reconcile over a wait for tokens: it came to its end.
func (o *objectState) finish(observes bool) {
	o.attempt.taken = nil
	if !observes {
		o.lookUps = nil
	}
}

// dropEmpty drops what says no more than the status of an object that is as declared. Most objects are, and there may be many.
func (o *objectState) dropEmpty() {
	if o.fields != nil && o.fields.isEmpty() {
		o.fields = nil
	}
}

// pause records that the brake pauses the object, if it did not before.
func (o *objectState) pause(at time.Time) {
	if o.pausedAt.IsZero() {
		o.pausedAt = at
	}
}

// recordSeen is status.applied as this process knows it, and when it saw an entry of it first that was not there before.
type recordSeen struct {
	applied *v1alpha1.Applied
	at      time.Time
}

// update records what status.applied holds, and returns a time by which all of it was on record.
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

// backOff keeps a reconcile that failed lastingly from being made again before something changed or its time has come.
type backOff = reconcile.BackOff[backOffInputs]

// backOffInputs are what a lasting failure depended on.
type backOffInputs struct {
	generation, instanceGeneration int64
	instanceID, requestedAt        string
	// sources is a digest of what the spec's Secrets and ConfigMaps held.
	sources  string
	deleting bool
}

// fieldState is what is remembered of the fields of one object under one generation of its spec and one digest of what the
// spec's sources hold. Most objects have nothing to remember, and then no maps.
type fieldState struct {
	generation int64
	sources    string
	ignoredAt  map[plan.Part]string
	conflicts  map[string]*fieldConflict
	refusals   map[plan.Part]refusal
	// unverified are changes that Clerk accepted, before a reconcile was broken off that had not seen their effect.
	unverified []plan.Change
	// lost are the changes of the last reconcile whose answer was lost.
	lost []plan.Change
	// pending are the parts that the last reconcile did not carry out; nil if none came to its end.
	pending map[plan.Part]bool
	// intended are the pointers to metadata keys that came on record under this spec and were not written so far.
	intended map[string]bool
	// unlocked is true once a lock was lifted for this spec.
	unlocked bool
	// single is true once Clerk has refused a call for several fields without naming one.
	single bool
}

// fieldConflict is the history of a field that somebody else changes back.
type fieldConflict struct {
	corrections []time.Time
	contended   bool
}

const (
	// maxCorrections is how many corrections within conflictTime are made before a field counts as contended.
	maxCorrections = 3
	conflictTime   = time.Hour
)

// isEmpty reports whether nothing is remembered of the fields but that a reconcile came to its end.
func (f *fieldState) isEmpty() bool {
	return len(f.ignoredAt) == 0 && len(f.conflicts) == 0 && len(f.refusals) == 0 && len(f.unverified) == 0 && len(f.lost) == 0 &&
		len(f.pending) == 0 && len(f.intended) == 0 && !f.unlocked && !f.single
}

// fieldsOf returns what is remembered of the fields. It begins anew with every generation, and with every digest of what the
// spec's sources hold.
func (o *objectState) fieldsOf(generation int64, sources string) *fieldState {
	if o.fields == nil || o.fields.generation != generation || o.fields.sources != sources {
		o.fields = newFieldState(generation, sources)
	}
	return o.fields
}

func newFieldState(generation int64, sources string) *fieldState {
	return &fieldState{generation: generation, sources: sources}
}

// recordIgnored records that Clerk's answer to a change of the part did not show it; the value that its field had there is named by
// a fingerprint.
func (f *fieldState) recordIgnored(part plan.Part, fingerprint string) {
	if f.ignoredAt == nil {
		f.ignoredAt = map[plan.Part]string{}
	}
	f.ignoredAt[part] = fingerprint
}

// wasIgnored reports whether a change of the part was ignored while Clerk had this very value of its field.
func (f *fieldState) wasIgnored(part plan.Part, fingerprint string) bool {
	seen, found := f.ignoredAt[part]
	return found && seen == fingerprint
}

// addIntended records which metadata pointers come on record under this spec.
func (f *fieldState) addIntended(pointers []string) {
	for _, pointer := range pointers {
		if f.intended == nil {
			f.intended = map[string]bool{}
		}
		f.intended[pointer] = true
	}
}

// removeIntended records which metadata pointers were written to Clerk.
func (f *fieldState) removeIntended(pointers []string) {
	for _, pointer := range pointers {
		delete(f.intended, pointer)
	}
}

// unwritten are the parts that Clerk refused, and the metadata pointers that came on record under this spec and were not written.
// An earlier value of any other pointer may be the operator's.
func (f *fieldState) unwritten() (refused []plan.Part, unsent map[string]bool) {
	return slices.Collect(maps.Keys(f.refusals)), f.intended
}

// recordPending records the parts that were not carried out. What somebody keeps changing back was, before that.
func (f *fieldState) recordPending(parts []plan.Part, contended []string) {
	f.pending = map[plan.Part]bool{}
	for _, part := range parts {
		if !slices.Contains(contended, part.Field) {
			f.pending[part] = true
		}
	}
}

// recordCorrection records that a field was put right that somebody else had changed.
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

// contended reports whether a field that differs again is to be left until the next full comparison: the last one began
// at compared, and the field was put right since.
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

// settleConflicts ends the conflicts over fields that stayed as they were put right for a full interval.
func (f *fieldState) settleConflicts(differing []string, now time.Time, full time.Duration) {
	for field, s := range f.conflicts {
		if !slices.Contains(differing, field) && now.Sub(s.corrections[len(s.corrections)-1]) >= full {
			delete(f.conflicts, field)
		}
	}
}

// refusal is Clerk's answer to a call for one part of a plan. The part is left alone for a growing time: it is not the fault
// of the others.
type refusal struct {
	err     *clerk.Error
	backOff *backOff
}

// retry sends the parts again by which these identifiers are asked for.
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

// refuse records that Clerk refused a part: it is left alone for five minutes, doubling to six hours as long as nothing that
// it depends on changes.
func (f *fieldState) refuse(part plan.Part, err *clerk.Error, under backOffInputs, now time.Time) {
	if f.refusals == nil {
		f.refusals = map[plan.Part]refusal{}
	}
	next := f.refusals[part].backOff.Next(reconcile.AfterLastingFailures(), under, err, now)
	f.refusals[part] = refusal{err, next}
}

// inBackOff is the parts that are not sent again yet.
func (f *fieldState) inBackOff(under backOffInputs, now time.Time) map[plan.Part]bool {
	parts := map[plan.Part]bool{}
	for part, r := range f.refusals {
		if r.backOff.Left(under, now) > 0 {
			parts[part] = true
		}
	}
	return parts
}

// refusedPart is a refusal, and where what was refused stands in the spec.
type refusedPart struct {
	path string
	refusal
}

// refused are the refusals that still keep something of a plan from being carried out, in the order of the spec's paths. All
// others are forgotten.
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
