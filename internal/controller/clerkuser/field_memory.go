// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// fieldMemory is what is remembered of the fields of one object under one generation of its spec and one digest of what the
// spec's sources hold. Most objects have nothing to remember, and then no maps.
type fieldMemory struct {
	generation int64
	sources    string
	ignoredAt  map[plan.Part]string
	strife     map[string]*strife
	refusals   map[plan.Part]refusal
	// unseen are changes that Clerk accepted, before a pass was broken off that had not seen their effect.
	unseen []plan.Change
	// lost are the changes of the last pass whose answer was lost.
	lost []plan.Change
	// pending are the parts that the last pass did not carry out; nil if none came to its end.
	pending map[plan.Part]bool
	// intended are the pointers to metadata keys that came on record under this spec and were not written so far.
	intended map[string]bool
	// unlocked is true once a lock was lifted for this spec.
	unlocked bool
	// single is true once Clerk has refused a call for several fields without naming one.
	single bool
}

// strife is the history of a field that somebody else changes back.
type strife struct {
	corrections []time.Time
	contended   bool
}

const (
	// tolerance is how many corrections within strifeTime are made before a field counts as contended.
	tolerance  = 3
	strifeTime = time.Hour
)

func newFieldMemory(generation int64, sources string) *fieldMemory {
	return &fieldMemory{generation: generation, sources: sources}
}

// ignored records that Clerk's answer to a change of the part did not show it; the value that its field had there is named by
// a fingerprint.
func (f *fieldMemory) ignored(part plan.Part, fingerprint string) {
	if f.ignoredAt == nil {
		f.ignoredAt = map[plan.Part]string{}
	}
	f.ignoredAt[part] = fingerprint
}

// futile reports whether a change of the part was ignored while Clerk had this very value of its field.
func (f *fieldMemory) futile(part plan.Part, fingerprint string) bool {
	seen, found := f.ignoredAt[part]
	return found && seen == fingerprint
}

// intends records what comes on record under this spec.
func (f *fieldMemory) intends(former, next v1alpha1.Applied) {
	for _, pointer := range next.Metadata {
		if !slices.Contains(former.Metadata, pointer) {
			if f.intended == nil {
				f.intended = map[string]bool{}
			}
			f.intended[pointer] = true
		}
	}
}

// wrote records that what came on record was written to Clerk.
func (f *fieldMemory) wrote(written v1alpha1.Applied) {
	for _, pointer := range written.Metadata {
		delete(f.intended, pointer)
	}
}

// disown is the record without what Clerk has refused and the user does not have. A metadata key that was on record before
// this spec stays: its value at Clerk may be the operator's.
func (f *fieldMemory) disown(applied v1alpha1.Applied, u *clerk.User) v1alpha1.Applied {
	applied = plan.Disown(applied, u, slices.Collect(maps.Keys(f.refusals)))
	applied.Metadata = slices.DeleteFunc(applied.Metadata, func(pointer string) bool {
		field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
		_, refused := f.refusals[plan.Part{Field: field}]
		return refused && f.intended[pointer]
	})
	return applied
}

// left records the parts that were not carried out. What somebody keeps changing back was, before that.
func (f *fieldMemory) left(parts []plan.Part, contended []string) {
	f.pending = map[plan.Part]bool{}
	for _, part := range parts {
		if !slices.Contains(contended, part.Field) {
			f.pending[part] = true
		}
	}
}

// corrected records that a field was put right that somebody else had changed.
func (f *fieldMemory) corrected(field string, now time.Time) {
	s := f.strife[field]
	if s == nil {
		s = &strife{}
		if f.strife == nil {
			f.strife = map[string]*strife{}
		}
		f.strife[field] = s
	}
	s.corrections = append(s.corrections, now)
	if len(s.corrections) > tolerance {
		s.corrections = slices.Delete(s.corrections, 0, len(s.corrections)-tolerance)
	}
}

// contended reports whether a field that differs again is to be left until the next full comparison: the last one began
// at compared, and the field was put right since.
func (f *fieldMemory) contended(field string, compared time.Time) bool {
	s := f.strife[field]
	if s == nil {
		return false
	}
	last := s.corrections[len(s.corrections)-1]
	if len(s.corrections) == tolerance && last.Sub(s.corrections[0]) <= strifeTime {
		s.contended = true
	}
	return s.contended && !last.Before(compared)
}

// calm ends the strife over fields that stayed as they were put right for a full interval.
func (f *fieldMemory) calm(differing []string, now time.Time, full time.Duration) {
	for field, s := range f.strife {
		if !slices.Contains(differing, field) && now.Sub(s.corrections[len(s.corrections)-1]) >= full {
			delete(f.strife, field)
		}
	}
}
