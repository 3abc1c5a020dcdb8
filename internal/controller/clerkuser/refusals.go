// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// refusal is Clerk's answer to a call for one part of a plan. The part is left alone for a growing time: it is not the fault
// of the others.
type refusal struct {
	err *clerk.Error
	// under is what the refusal depends on.
	under    circumstances
	until    time.Time
	attempts int
}

// refuse remembers that Clerk refused a change, and reports whether it did so for good. A call for several fields of which
// Clerk names none is made again field by field.
func (p *pass) refuse(change plan.Change, asked time.Time, err error) bool {
	refused, final := clerk.Rejected(err)
	parts := plan.Parts(change)
	if !final || len(parts) == 0 {
		return false
	}
	p.refusals++
	fields := p.fields()
	if named := namedParts(parts, refused); len(named) > 0 {
		parts = named
	} else if len(parts) > 1 {
		fields.single = true
		return true
	}
	for _, part := range parts {
		fields.refuse(part, refused, p.circumstances(), p.now)
	}
	if _, taken := clerk.IdentifierTaken(err); taken {
		p.await(plan.Claimed(change), asked)
	}
	return true
}

// await has the object try again as soon as one of the identifiers is free that a call was refused that began at asked.
func (p *pass) await(identifiers []clerk.Identifier, asked time.Time) {
	p.Pool.Identifiers().Await(p.uid(), p.in.connection.InstanceID, identifiers, asked)
}

// free has those try again that were refused an identifier which a change took from the user, or may have taken: after an
// answer that was lost they try once in vain at the worst.
func (p *pass) free(change plan.Change, user *clerk.User, err error) {
	if err == nil || clerk.AnswerLost(err) || clerk.IsNotFound(err) {
		p.Pool.Identifiers().Free(p.in.connection.InstanceID, plan.Freed(change, user), p.Now())
	}
}

// retry sends the parts again by which these identifiers are asked for.
func (f *fieldMemory) retry(identifiers []clerk.Identifier) {
	for part, r := range f.refusals {
		if slices.ContainsFunc(identifiers, part.Claims) {
			r.until = time.Time{}
			f.refusals[part] = r
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
func (f *fieldMemory) refuse(part plan.Part, err *clerk.Error, under circumstances, now time.Time) {
	if f.refusals == nil {
		f.refusals = map[plan.Part]refusal{}
	}
	attempts := 0
	if last, again := f.refusals[part]; again && last.under == under {
		attempts = last.attempts + 1
	}
	f.refusals[part] = refusal{err: err, under: under, until: now.Add(holdFor(attempts)), attempts: attempts}
}

// standing is the parts that are not sent again yet.
func (f *fieldMemory) standing(under circumstances, now time.Time) map[plan.Part]bool {
	parts := map[plan.Part]bool{}
	for part, r := range f.refusals {
		if r.under == under && now.Before(r.until) {
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
func (f *fieldMemory) refused(todo []plan.Change, d *plan.Desired) []refusedPart {
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
