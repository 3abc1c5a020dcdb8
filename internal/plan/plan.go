// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// For is what to do, in order, so that the user at Clerk is as desired; empty if it is. A nil user is absent and is
// created; what the creating call cannot say is planned against its answer. The order is that of the package comment.
// Whether the user may be changed at all, by its owner mark, is the caller's to prove.
func For(d *Desired, u *clerk.User) []Change {
	if u == nil {
		return []Change{d.create()}
	}
	changes, _ := think(d, u, Policy{})
	return changes
}

// Unreachable names what the spec asks for and no call can bring about for this user; For plans nothing for it. It is
// empty for an absent user.
func Unreachable(d *Desired, u *clerk.User) []InvalidError {
	if u == nil {
		return nil
	}
	_, problems := think(d, u, Policy{})
	return problems
}

// think is what of the plan the policy does not block, and what the plan cannot reach.
func think(d *Desired, u *clerk.User, p Policy) ([]Change, []InvalidError) {
	emails := &contactPlan{list: d.emails, held: heldEmails(u), primaryID: u.PrimaryEmailAddressID, policy: p}
	phones := &contactPlan{list: d.phones, held: heldPhones(u), primaryID: u.PrimaryPhoneNumberID, policy: p}
	emails.give()
	phones.give()

	waysIn := emails.waysIn() + phones.waysIn() + waysBesideContacts(u)
	username, problems := d.planUsername(u, p, &waysIn)
	// What is taken is planned in the order in which it will be carried out, so that the last way in of any prefix is
	// seen; choosing a primary one comes after, as it needs to know what goes.
	emails.take(&waysIn)
	phones.take(&waysIn)
	emails.choosePrimary()
	phones.choosePrimary()

	profile := d.planProfile(u)
	profile.Username = username
	profile.PrimaryEmailAddressID = orNil(emails.newPrimaryID)
	profile.PrimaryPhoneNumberID = orNil(phones.newPrimaryID)
	profile = permittedUpdate(profile, func(field string) bool {
		return p.blocksField(field) || p.grantsNothing && field == FieldPassword
	})
	metadata, oversized := planMetadata(d, u)

	changes := slices.Concat(d.restrict(u, p), permittedMetadata(metadata, p.blocksField),
		emails.changes(emails.gives, u.ID), phones.changes(phones.gives, u.ID))
	if profile != (clerk.UpdateUserParams{}) {
		changes = append(changes, Update{profile})
	}
	changes = slices.Concat(changes, emails.changes(emails.takes, u.ID), phones.changes(phones.takes, u.ID),
		d.relax(u, p), d.planImage(u, p))
	return changes, slices.Concat(problems, emails.problems, phones.problems, oversized)
}

// waysBesideContacts counts the ways to sign in that are neither address nor number.
func waysBesideContacts(u *clerk.User) int {
	count := 0
	if u.Username != "" {
		count++
	}
	for _, wallet := range u.Web3Wallets {
		if wallet.Status == clerk.Verified || wallet.Status == clerk.Reserved {
			count++
		}
	}
	return count
}

// orNil is nil for "".
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// orEmpty is "" for nil.
func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// clone is a pointer to a copy; nil stays nil.
func clone[T any](value *T) *T {
	if value == nil {
		return nil
	}
	return new(*value)
}
