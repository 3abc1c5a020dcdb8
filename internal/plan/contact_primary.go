// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// choosePrimary plans which entry becomes primary. That is the marked one. If none is marked, and only if the primary
// one is removed, it is another one, because Clerk does not document which it would choose. It needs no call of its own
// if an entry is added or verified in the same plan, or if the user is updated anyway.
func (p *contactPlan) choosePrimary() {
	if p.blocked("") {
		return
	}
	at := p.marked()
	if at < 0 && p.primaryRemoved() {
		at = p.successor()
	}
	if at < 0 || p.held[at].id != "" && p.held[at].id == p.primaryID {
		return
	}
	chosen := p.held[at]
	addition := slices.IndexFunc(p.additions, func(c contactCall) bool { return c.value == chosen.value })
	if addition < 0 {
		p.newPrimaryID = chosen.id
		return
	}
	// Clerk makes the first address of a user primary. If the chosen one is sent first, it is primary at once.
	call := p.additions[addition]
	call.primary = new(true)
	p.additions = slices.Insert(slices.Delete(p.additions, addition, addition+1), 0, call)
}

// marked returns the held entry that the spec marks as primary; -1 if there is none, or if it cannot be primary.
func (p *contactPlan) marked() int {
	index := slices.IndexFunc(p.list.wanted, func(c contact) bool { return c.primary })
	if index < 0 {
		return -1
	}
	want := p.list.wanted[index]
	at := slices.IndexFunc(p.held, func(h heldContact) bool { return h.value == want.value })
	if at < 0 || p.held[at].status == clerk.Verified || p.held[at].id == p.primaryID {
		return at
	}
	if want.status != v1alpha1.IdentifierReserved || p.held[at].status == clerk.Reserved {
		p.report(index, ".primary", "only what is verified can become primary; set status: Verified")
	}
	return -1
}

// primaryRemoved reports whether the primary entry is removed.
func (p *contactPlan) primaryRemoved() bool {
	return p.primaryID != "" && slices.ContainsFunc(p.removals, func(c contactCall) bool {
		return c.verb == deleteContact && c.id == p.primaryID
	})
}

// successor returns the held entry that replaces a removed primary one: the first verified one in the order of the
// spec, otherwise in Clerk's order; -1 if there is none.
func (p *contactPlan) successor() int {
	verified := func(h heldContact) bool { return h.status == clerk.Verified }
	for _, want := range p.list.wanted {
		at := slices.IndexFunc(p.held, func(h heldContact) bool { return h.value == want.value && verified(h) })
		if at >= 0 {
			return at
		}
	}
	return slices.IndexFunc(p.held, verified)
}
