// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// contactPlan is the plan for one list, made in three steps: planAdditions, planRemovals, choosePrimary. Between them
// the ways to sign in are counted, to which both lists and the username contribute.
type contactPlan struct {
	list contactList
	// held is what the user has after the planned additions.
	held      []heldContact
	primaryID string
	// policy blocks entries that must not be changed.
	policy Policy

	additions, removals []contactCall
	// newPrimaryID is sent in the PATCH of the user; "" if none has to be chosen or another call does it.
	newPrimaryID string
	problems     []InvalidError
}

// contactCall is a call for one address or number.
type contactCall struct {
	verb contactVerb
	// id is "" for an addition.
	id, value                       string
	verified, primary, secondFactor *bool
}

type contactVerb int

const (
	addContact contactVerb = iota
	updateContact
	deleteContact
)

// planAdditions plans what the user gets: new entries, verification, and numbers that stop being a second factor.
func (p *contactPlan) planAdditions() {
	if p.policy.grantsNothing {
		return
	}
	for i, want := range p.list.wanted {
		if p.blocked(want.value) {
			continue
		}
		at := slices.IndexFunc(p.held, func(h heldContact) bool { return h.value == want.value })
		if at < 0 {
			p.add(i, want)
			continue
		}
		p.planUpdate(i, want, &p.held[at])
	}
}

// blocked reports whether an entry must not be changed.
func (p *contactPlan) blocked(value string) bool { return p.policy.blocks(p.list.field, value) }

// add plans an entry that the user does not have.
func (p *contactPlan) add(index int, want contact) {
	if want.status == v1alpha1.IdentifierReserved {
		p.report(index, ".status", "Reserved is possible only when the user is created; write Verified or leave it out")
		return
	}
	call := contactCall{verb: addContact, value: want.value, verified: new(true)}
	if isTrue(want.secondFactor) {
		call.secondFactor = new(true)
	}
	p.additions = append(p.additions, call)
	p.held = append(p.held, heldContact{
		value: want.value, status: clerk.Verified, secondFactor: isTrue(want.secondFactor),
	})
}

// planUpdate plans what an existing entry lacks.
func (p *contactPlan) planUpdate(index int, want contact, have *heldContact) {
	call := contactCall{verb: updateContact, id: have.id, value: have.value}
	switch {
	case want.status == v1alpha1.IdentifierVerified && have.status != clerk.Verified:
		call.verified = new(true)
	case want.status == v1alpha1.IdentifierReserved && have.status == clerk.Unverified:
		p.report(index, ".status", "Reserved is possible only when the user is created; write Verified or leave it out")
	}
	if want.secondFactor != nil && *want.secondFactor != have.secondFactor {
		switch {
		case !*want.secondFactor:
			call.secondFactor = new(false)
		case have.status == clerk.Unverified && call.verified != nil:
			// It was no way to sign in, so it can become a second factor in the same call.
			call.secondFactor = new(true)
		}
	}
	if call.verified == nil && call.secondFactor == nil {
		return
	}
	p.additions = append(p.additions, call)
	if call.verified != nil {
		have.status = clerk.Verified
	}
	if call.secondFactor != nil {
		have.secondFactor = *call.secondFactor
	}
}

// signInWays counts the entries that the user can sign in with.
func (p *contactPlan) signInWays() int {
	count := 0
	for _, h := range p.held {
		if h.canSignIn() {
			count++
		}
	}
	return count
}

// planRemovals plans what is removed, and lowers the count of remaining ways to sign in. The last one is kept.
func (p *contactPlan) planRemovals(signInWays *int) {
	for i, want := range p.list.wanted {
		p.planReservation(i, want, signInWays)
	}
	kept, keeps := slices.Clone(p.held), false
	for _, h := range p.removable() {
		remaining := *signInWays
		if h.canSignIn() {
			remaining--
		}
		if remaining < 1 {
			keeps = true
			continue
		}
		*signInWays = remaining
		p.removals = append(p.removals, contactCall{verb: deleteContact, id: h.id, value: h.value})
		kept = slices.DeleteFunc(kept, func(k heldContact) bool { return k.id == h.id })
	}
	p.held = kept
	if keeps {
		p.problems = append(p.problems, lastSignInWay(p.list.field))
	}
}

// lastSignInWay returns the problem that an entry of the field is not removed although it should be.
func lastSignInWay(field string) InvalidError {
	return InvalidError{"spec." + field, "the user's last way to sign in is not removed; declare another identifier"}
}

// planReservation plans a number that becomes a second factor and so is no longer a way to sign in.
func (p *contactPlan) planReservation(index int, want contact, signInWays *int) {
	at := slices.IndexFunc(p.held, func(h heldContact) bool { return h.value == want.value })
	if at < 0 || !isTrue(want.secondFactor) || p.held[at].secondFactor || p.blocked(want.value) {
		return
	}
	const field = ".reservedForSecondFactor"
	switch {
	case p.held[at].status != clerk.Verified:
		p.report(index, field, "needs a verified number; set status: Verified")
	case *signInWays < 2:
		p.report(index, field, "the user's last way to sign in cannot become a second factor; declare another identifier")
	default:
		*signInWays--
		p.removals = append(p.removals, contactCall{
			verb: updateContact, id: p.held[at].id, value: want.value, secondFactor: new(true),
		})
	}
}

// removable returns the entries to remove: those that we added and that are no longer declared, and with Replace all
// that are not declared. Linked entries are left, because Clerk does not delete them. The primary one comes last, so
// that it remains if one must remain.
func (p *contactPlan) removable() []heldContact {
	var others, primary []heldContact
	for _, h := range p.held {
		switch {
		case h.linked, p.blocked(h.value), p.list.find(h.value) >= 0, !p.list.replaced && !slices.Contains(p.list.added, h.value):
		case h.id == p.primaryID && p.blocked(""):
			// Its successor cannot be chosen.
		case h.id == p.primaryID:
			primary = append(primary, h)
		default:
			others = append(others, h)
		}
	}
	return append(others, primary...)
}

// report records a problem with an entry of the list.
func (p *contactPlan) report(index int, below, problem string) {
	p.problems = append(p.problems, *p.list.problem(index, below, problem))
}
