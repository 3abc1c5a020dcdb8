// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// choosePrimary plans which entry becomes primary: the marked one; without one, and only if the primary one is removed,
// another, since Clerk does not say which it would choose. It costs no call of its own where an entry is added or
// verified in the same plan, or where the user is updated anyway.
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
	give := slices.IndexFunc(p.gives, func(c contactCall) bool { return c.value == chosen.value })
	if give < 0 {
		p.newPrimaryID = chosen.id
		return
	}
	// Clerk makes the first address of a user primary. Sent first, the chosen one is so from the start.
	call := p.gives[give]
	call.primary = new(true)
	p.gives = slices.Insert(slices.Delete(p.gives, give, give+1), 0, call)
}

// marked is the held entry that the spec marks as primary; -1 if there is none that can be primary.
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

// primaryRemoved says whether the primary entry is among what is taken.
func (p *contactPlan) primaryRemoved() bool {
	return p.primaryID != "" && slices.ContainsFunc(p.takes, func(c contactCall) bool {
		return c.verb == deleteContact && c.id == p.primaryID
	})
}

// successor is the held entry that follows a primary one that is removed: the first verified one in the order of the
// spec, else in Clerk's; -1 if there is none.
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
