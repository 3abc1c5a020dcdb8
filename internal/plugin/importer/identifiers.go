// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// The rules of the CustomResourceDefinition that the planner does not repeat.
var (
	localeShape = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	phoneShape  = regexp.MustCompile(`^[+][1-9][0-9]{6,14}$`)
	hidden      = regexp.MustCompile(`[\pC\x{34F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{2065}\x{3164}` +
		`\x{FE00}-\x{FE0F}\x{FFA0}\x{FFF0}-\x{FFF8}\x{E0000}-\x{E0FFF}]`)
)

// isExternalID reports whether a text can stand in spec.externalID.
func isExternalID(text string) bool {
	return !strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "-") && !hidden.MatchString(text) &&
		!strings.ContainsAny(text, "\u2028\u2029") && strings.TrimFunc(text, unicode.IsSpace) == text
}

// listed is an address or number of a user.
type listed struct {
	value, id string
	status    clerk.IdentifierStatus
}

// declarable returns those that can be declared, the primary one first. An unverified one is left out: if the user removed it, the
// operator would add it as verified, and nobody has proved to own it.
func (d *draft) declarable(field string, all []listed, primary string, fits func(value string) bool) []listed {
	var found []listed
	for _, one := range all {
		if one.status == clerk.Unverified || slices.ContainsFunc(found, func(other listed) bool { return other.value == one.value }) {
			continue
		}
		if !fits(one.value) {
			d.leaveOut(field)
			continue
		}
		if one.id == primary {
			found = slices.Insert(found, 0, one)
			continue
		}
		found = append(found, one)
	}
	if len(found) > maxContacts {
		d.leaveOut(field)
		found = found[:maxContacts]
	}
	return found
}

// marked returns primary: true for the primary one of several, and status: Reserved for a reserved one. A reserved one without its
// status would be added as verified if somebody removed it.
func (l listed) marked(primary string, several bool) (mark *bool, status *v1alpha1.IdentifierStatus) {
	if several && l.id == primary && l.status == clerk.Verified {
		mark = new(true)
	}
	if l.status == clerk.Reserved {
		status = new(v1alpha1.IdentifierReserved)
	}
	return mark, status
}

func (d *draft) addEmailAddresses(u *clerk.User) {
	var all []listed
	for _, email := range u.EmailAddresses {
		all = append(all, listed{value: email.Address, id: email.ID, status: email.Status})
	}
	found := d.declarable(plan.FieldEmailAddresses, all, u.PrimaryEmailAddressID, isAddress)
	for _, one := range found {
		mark, status := one.marked(u.PrimaryEmailAddressID, len(found) > 1)
		d.spec.EmailAddresses = append(d.spec.EmailAddresses, v1alpha1.EmailAddress{Address: one.value, Primary: mark, Status: status})
	}
}

// isAddress reports whether a text can stand in spec.emailAddresses.
func isAddress(text string) bool {
	return utf8.RuneCountInString(text) <= maxAddress && !hidden.MatchString(text) &&
		accepted(&v1alpha1.ClerkUserSpec{EmailAddresses: []v1alpha1.EmailAddress{{Address: text}}})
}

func (d *draft) addPhoneNumbers(u *clerk.User) {
	var all []listed
	secondFactors := map[string]bool{}
	for _, phone := range u.PhoneNumbers {
		all = append(all, listed{value: phone.Number, id: phone.ID, status: phone.Status})
		secondFactors[phone.ID] = phone.ReservedForSecondFactor && phone.Status == clerk.Verified
	}
	found := d.declarable(plan.FieldPhoneNumbers, all, u.PrimaryPhoneNumberID, phoneShape.MatchString)
	for _, one := range found {
		mark, status := one.marked(u.PrimaryPhoneNumberID, len(found) > 1)
		phone := v1alpha1.PhoneNumber{Number: one.value, Primary: mark, Status: status}
		if secondFactors[one.id] {
			phone.ReservedForSecondFactor = new(true)
		}
		d.spec.PhoneNumbers = append(d.spec.PhoneNumbers, phone)
	}
}
