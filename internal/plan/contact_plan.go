// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// contactPlan is the plan for one list, made in three steps: give, take, choosePrimary. Between them stands the count
// of ways in, which both lists and the username share.
type contactPlan struct {
	list contactList
	// held is what the user has, as it will be once what is given was given.
	held      []heldContact
	primaryID string
	// policy says which entries are left as they are.
	policy Policy

	gives, takes []contactCall
	// newPrimaryID goes into the PATCH of the user; "" if there is nothing to choose or another call does it.
	newPrimaryID string
	problems     []InvalidError
}

// contactCall is a call for one address or number.
type contactCall struct {
	verb contactVerb
	// id is "" for what is added.
	id, value                       string
	verified, primary, secondFactor *bool
}

type contactVerb int

const (
	addContact contactVerb = iota
	updateContact
	deleteContact
)

// give plans what adds to the user: new entries, verification, and numbers that stop being a second factor.
func (p *contactPlan) give() {
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
		p.raise(i, want, &p.held[at])
	}
}

// blocked says whether an entry is to be left as it is.
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
	p.gives = append(p.gives, call)
	p.held = append(p.held, heldContact{
		value: want.value, status: clerk.Verified, secondFactor: isTrue(want.secondFactor),
	})
}

// raise plans what an entry that the user has lacks.
func (p *contactPlan) raise(index int, want contact, have *heldContact) {
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
			// It was no way in, so it can become a second factor in the same call.
			call.secondFactor = new(true)
		}
	}
	if call.verified == nil && call.secondFactor == nil {
		return
	}
	p.gives = append(p.gives, call)
	if call.verified != nil {
		have.status = clerk.Verified
	}
	if call.secondFactor != nil {
		have.secondFactor = *call.secondFactor
	}
}

// waysIn counts the entries that the user can sign in with.
func (p *contactPlan) waysIn() int {
	count := 0
	for _, h := range p.held {
		if h.wayIn() {
			count++
		}
	}
	return count
}

// take plans what is taken from the user, and lowers the count of ways in that remain. The last one is kept.
func (p *contactPlan) take(waysIn *int) {
	for i, want := range p.list.wanted {
		p.reserve(i, want, waysIn)
	}
	kept, keeps := slices.Clone(p.held), false
	for _, h := range p.removable() {
		remaining := *waysIn
		if h.wayIn() {
			remaining--
		}
		if remaining < 1 {
			keeps = true
			continue
		}
		*waysIn = remaining
		p.takes = append(p.takes, contactCall{verb: deleteContact, id: h.id, value: h.value})
		kept = slices.DeleteFunc(kept, func(k heldContact) bool { return k.id == h.id })
	}
	p.held = kept
	if keeps {
		p.problems = append(p.problems, lastWayIn(p.list.field))
	}
}

// lastWayIn says that something in the field stays, although it is to go.
func lastWayIn(field string) InvalidError {
	return InvalidError{"spec." + field, "the user's last way to sign in is not removed; declare another identifier"}
}

// reserve plans a number that becomes a second factor and so stops being a way in.
func (p *contactPlan) reserve(index int, want contact, waysIn *int) {
	at := slices.IndexFunc(p.held, func(h heldContact) bool { return h.value == want.value })
	if at < 0 || !isTrue(want.secondFactor) || p.held[at].secondFactor || p.blocked(want.value) {
		return
	}
	const field = ".reservedForSecondFactor"
	switch {
	case p.held[at].status != clerk.Verified:
		p.report(index, field, "needs a verified number; set status: Verified")
	case *waysIn < 2:
		p.report(index, field, "the user's last way to sign in cannot become a second factor; declare another identifier")
	default:
		*waysIn--
		p.takes = append(p.takes, contactCall{
			verb: updateContact, id: p.held[at].id, value: want.value, secondFactor: new(true),
		})
	}
}

// removable is what the user has and is to lose: what we added and is no longer declared, and under Replace all that is
// not. What a connected account brought along is left, since Clerk does not delete it. The primary one comes last, so
// that it is the one that remains if one must.
func (p *contactPlan) removable() []heldContact {
	var others, primary []heldContact
	for _, h := range p.held {
		switch {
		case h.linked, p.blocked(h.value), p.list.find(h.value) >= 0, !p.list.replaced && !slices.Contains(p.list.added, h.value):
		case h.id == p.primaryID && p.blocked(""):
			// Which one would follow it cannot be chosen.
		case h.id == p.primaryID:
			primary = append(primary, h)
		default:
			others = append(others, h)
		}
	}
	return append(others, primary...)
}

// report notes what cannot be reached at an entry of the list.
func (p *contactPlan) report(index int, below, problem string) {
	p.problems = append(p.problems, *p.list.problem(index, below, problem))
}
