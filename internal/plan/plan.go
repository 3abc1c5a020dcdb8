// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// For returns the changes, in order, that make the user match; none if it matches. A nil user is absent and is created;
// what the creating call cannot set is planned against its answer. The package comment says the order. The caller
// decides by the owner mark whether the user may be changed.
func For(d *Desired, u *clerk.User) []Change {
	if u == nil {
		return []Change{d.create()}
	}
	changes, _ := diff(d, u, Policy{})
	return changes
}

// Unreachable returns what the spec declares and no call can achieve for this user; For plans nothing for it. It is
// empty for an absent user.
func Unreachable(d *Desired, u *clerk.User) []InvalidError {
	if u == nil {
		return nil
	}
	_, problems := diff(d, u, Policy{})
	return problems
}

// diff returns the part of the plan that the policy does not block, and what no call can achieve.
func diff(d *Desired, u *clerk.User, p Policy) ([]Change, []InvalidError) {
	emails := &contactPlan{list: d.emails, held: heldEmails(u), primaryID: u.PrimaryEmailAddressID, policy: p}
	phones := &contactPlan{list: d.phones, held: heldPhones(u), primaryID: u.PrimaryPhoneNumberID, policy: p}
	emails.planAdditions()
	phones.planAdditions()

	signInWays := emails.signInWays() + phones.signInWays() + otherSignInWays(u)
	username, problems := d.planUsername(u, p, &signInWays)
	// Removals are planned in the order in which they are made, so that no prefix of them removes the last way to sign in.
	// A primary entry is chosen after that, because the choice depends on the removals.
	emails.planRemovals(&signInWays)
	phones.planRemovals(&signInWays)
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
		emails.changes(emails.additions, u.ID), phones.changes(phones.additions, u.ID))
	if profile != (clerk.UpdateUserParams{}) {
		changes = append(changes, Update{profile})
	}
	changes = slices.Concat(changes, emails.changes(emails.removals, u.ID), phones.changes(phones.removals, u.ID),
		d.relax(u, p), d.planImage(u, p))
	return changes, slices.Concat(problems, emails.problems, phones.problems, oversized)
}

// otherSignInWays counts the ways to sign in except addresses and numbers.
func otherSignInWays(u *clerk.User) int {
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

// orNil returns nil for "".
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// orEmpty returns "" for nil.
func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// clone returns a pointer to a copy; nil for nil.
func clone[T any](value *T) *T {
	if value == nil {
		return nil
	}
	return new(*value)
}
