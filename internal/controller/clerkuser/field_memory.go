// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"slices"
	"time"

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
	// pending are the parts that the last pass did not carry out; nil if none came to its end.
	pending map[plan.Part]bool
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
