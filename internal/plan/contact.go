// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// E-mail addresses and phone numbers differ in their calls only; both are contacts.

// contact is a declared address or number.
type contact struct {
	value   string
	primary bool
	// status is "" if it is not managed.
	status v1alpha1.IdentifierStatus
	// secondFactor is nil for addresses, and if it is not managed.
	secondFactor *bool
}

// contactList is one of the two lists of a spec.
type contactList struct {
	// field is the list's name in the spec.
	field  string
	wanted []contact
	// added are the values that we have added to the user.
	added []string
	// replaced is true if the list is declared and removes all other entries.
	replaced bool
}

// heldContact is an address or number that the user has.
type heldContact struct {
	id, value            string
	status               clerk.IdentifierStatus
	secondFactor, linked bool
}

func declaredEmails(spec *v1alpha1.ClerkUserSpec, applied v1alpha1.Applied) contactList {
	list := contactList{
		field:    FieldEmailAddresses,
		added:    applied.EmailAddresses,
		replaced: spec.EmailAddresses != nil && replaces(spec.IdentifiersPolicy),
	}
	for _, address := range spec.EmailAddresses {
		list.wanted = append(list.wanted, contact{
			value:   foldEmail(address.Address),
			primary: isTrue(address.Primary),
			status:  orNone(address.Status),
		})
	}
	return list
}

func declaredPhones(spec *v1alpha1.ClerkUserSpec, applied v1alpha1.Applied) contactList {
	list := contactList{
		field:    FieldPhoneNumbers,
		added:    applied.PhoneNumbers,
		replaced: spec.PhoneNumbers != nil && replaces(spec.IdentifiersPolicy),
	}
	for _, number := range spec.PhoneNumbers {
		list.wanted = append(list.wanted, contact{
			value:        number.Number,
			primary:      isTrue(number.Primary),
			status:       orNone(number.Status),
			secondFactor: number.ReservedForSecondFactor,
		})
	}
	return list
}

// foldEmail returns the address as Clerk stores it. checkIdentifiers refuses addresses that Clerk may fold in another
// way.
func foldEmail(address string) string { return clerk.LowerASCII(address) }

func isTrue(flag *bool) bool { return flag != nil && *flag }

func orNone(status *v1alpha1.IdentifierStatus) v1alpha1.IdentifierStatus {
	if status == nil {
		return ""
	}
	return *status
}

// check finds what the API server's rules cannot check, or did not check when the object was stored.
func (l contactList) check() *InvalidError {
	seen := map[string]bool{}
	primary := false
	for i, c := range l.wanted {
		switch {
		case seen[c.value]:
			return l.problem(i, "", "is in the list twice; remove one of the two")
		case c.primary && primary:
			return l.problem(i, ".primary", "is true for a second entry; mark at most one")
		case isTrue(c.secondFactor) && c.status == v1alpha1.IdentifierReserved:
			return l.problem(i, ".reservedForSecondFactor", "needs a verified number; set status: Verified or leave it out")
		}
		seen[c.value] = true
		primary = primary || c.primary
	}
	return nil
}

// problem returns an error about an entry of the list, or about a field of it.
func (l contactList) problem(index int, below, problem string) *InvalidError {
	return &InvalidError{fmt.Sprintf("spec.%s[%d]%s", l.field, index, below), problem}
}

// find returns the index of a value in the list; -1 if there is none.
func (l contactList) find(value string) int {
	return slices.IndexFunc(l.wanted, func(c contact) bool { return c.value == value })
}

// primaryFirst returns the list with the entry marked as primary in front, because Clerk makes the first one of a new
// user primary.
func (l contactList) primaryFirst() []contact {
	ordered := slices.Clone(l.wanted)
	at := slices.IndexFunc(ordered, func(c contact) bool { return c.primary })
	if at < 0 {
		return ordered
	}
	return slices.Insert(slices.Delete(ordered, at, at+1), 0, l.wanted[at])
}

func heldEmails(u *clerk.User) []heldContact {
	held := make([]heldContact, 0, len(u.EmailAddresses))
	for _, e := range u.EmailAddresses {
		held = append(held, heldContact{id: e.ID, value: e.Address, status: e.Status, linked: e.Linked})
	}
	return held
}

func heldPhones(u *clerk.User) []heldContact {
	held := make([]heldContact, 0, len(u.PhoneNumbers))
	for _, p := range u.PhoneNumbers {
		held = append(held, heldContact{
			id: p.ID, value: p.Number, status: p.Status, linked: p.Linked, secondFactor: p.ReservedForSecondFactor,
		})
	}
	return held
}

// canSignIn reports whether the user can sign in with it: it must be verified or reserved, and not serve as second
// factor.
func (h heldContact) canSignIn() bool {
	return !h.secondFactor && (h.status == clerk.Verified || h.status == clerk.Reserved)
}
