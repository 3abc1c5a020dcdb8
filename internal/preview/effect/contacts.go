// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"net/http"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func emailAt(u *clerk.User, id string) int {
	return slices.IndexFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.ID == id })
}

func phoneAt(u *clerk.User, id string) int {
	return slices.IndexFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool { return n.ID == id })
}

func addEmail(u *clerk.User, p clerk.CreateEmailAddressParams, newID NewID) error {
	address, first := clerk.LowerASCII(p.Address), len(u.EmailAddresses) == 0
	if slices.ContainsFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.Address == address }) {
		return taken("email_address")
	}
	if p.Primary && !p.Verified && !first {
		return unverified()
	}
	added := clerk.EmailAddress{ID: newID("idn_", address), Address: address, Status: clerk.Unverified}
	if p.Verified {
		added.Status = clerk.Verified
	}
	if p.Primary || first {
		u.PrimaryEmailAddressID = added.ID
	}
	u.EmailAddresses = append(u.EmailAddresses, added)
	return nil
}

func updateEmail(u *clerk.User, id string, p clerk.UpdateEmailAddressParams) error {
	at := emailAt(u, id)
	if at < 0 {
		return absent()
	}
	if isTrue(p.Verified) {
		u.EmailAddresses[at].Status = clerk.Verified
	}
	if isTrue(p.Primary) {
		if u.EmailAddresses[at].Status != clerk.Verified {
			return unverified()
		}
		u.PrimaryEmailAddressID = id
	}
	return nil
}

func deleteEmail(u *clerk.User, id string) error {
	at := emailAt(u, id)
	if at < 0 {
		return absent()
	}
	deleted := u.EmailAddresses[at]
	if deleted.Linked {
		return linked()
	}
	u.EmailAddresses = slices.Delete(u.EmailAddresses, at, at+1)
	if !canSignIn(u) && (deleted.Status != clerk.Unverified || identifications(u) == 0) {
		return lastIdentification()
	}
	if u.PrimaryEmailAddressID == id {
		u.PrimaryEmailAddressID = ""
		isVerified := func(e clerk.EmailAddress) bool { return e.Status == clerk.Verified }
		if next := slices.IndexFunc(u.EmailAddresses, isVerified); next >= 0 {
			u.PrimaryEmailAddressID = u.EmailAddresses[next].ID
		}
	}
	return nil
}

func addPhone(u *clerk.User, p clerk.CreatePhoneNumberParams, newID NewID) error {
	first := len(u.PhoneNumbers) == 0
	if slices.ContainsFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool { return n.Number == p.Number }) {
		return taken("phone_number")
	}
	if p.ReservedForSecondFactor && !p.Verified {
		return secondFactor("identification_create_second_factor_unverified")
	}
	if p.Primary && !p.Verified && !first {
		return unverified()
	}
	added := clerk.PhoneNumber{
		ID: newID("idn_", p.Number), Number: p.Number, Status: clerk.Unverified, ReservedForSecondFactor: p.ReservedForSecondFactor,
	}
	if p.Verified {
		added.Status = clerk.Verified
	}
	if p.Primary || first {
		u.PrimaryPhoneNumberID = added.ID
	}
	u.PhoneNumbers = append(u.PhoneNumbers, added)
	return nil
}

func updatePhone(u *clerk.User, id string, p clerk.UpdatePhoneNumberParams) error {
	at := phoneAt(u, id)
	if at < 0 {
		return absent()
	}
	number, could := &u.PhoneNumbers[at], canSignIn(u)
	if isTrue(p.Verified) {
		number.Status = clerk.Verified
	}
	if isTrue(p.Primary) {
		if number.Status != clerk.Verified {
			return unverified()
		}
		u.PrimaryPhoneNumberID = id
	}
	if p.ReservedForSecondFactor == nil || *p.ReservedForSecondFactor == number.ReservedForSecondFactor {
		return nil
	}
	if *p.ReservedForSecondFactor && number.Status != clerk.Verified {
		return secondFactor("identification_update_second_factor_unverified")
	}
	number.ReservedForSecondFactor = *p.ReservedForSecondFactor
	if could && !canSignIn(u) {
		return secondFactor("identification_update_failed")
	}
	return nil
}

func deletePhone(u *clerk.User, id string) error {
	at := phoneAt(u, id)
	if at < 0 {
		return absent()
	}
	deleted := u.PhoneNumbers[at]
	if deleted.Linked {
		return linked()
	}
	u.PhoneNumbers = slices.Delete(u.PhoneNumbers, at, at+1)
	if !canSignIn(u) && (deleted.Status != clerk.Unverified || identifications(u) == 0) {
		return lastIdentification()
	}
	if u.PrimaryPhoneNumberID == id {
		u.PrimaryPhoneNumberID = ""
		isVerified := func(n clerk.PhoneNumber) bool { return n.Status == clerk.Verified }
		if next := slices.IndexFunc(u.PhoneNumbers, isVerified); next >= 0 {
			u.PrimaryPhoneNumberID = u.PhoneNumbers[next].ID
		}
	}
	return nil
}

// identifications counts the identifiers, verified or not.
func identifications(u *clerk.User) int {
	count := len(u.EmailAddresses) + len(u.PhoneNumbers) + len(u.Web3Wallets) + len(u.ExternalAccounts)
	if u.Username != "" {
		count++
	}
	return count
}

func isTrue(given *bool) bool { return given != nil && *given }

func absent() error { return refusal(http.StatusNotFound, "resource_not_found", "") }

func taken(param string) error {
	return refusal(http.StatusUnprocessableEntity, "form_identifier_exists", param)
}

func unverified() error {
	return refusal(http.StatusUnprocessableEntity, "form_verification_needed", "primary")
}

func linked() error {
	return refusal(http.StatusBadRequest, "delete_linked_identification_disallowed", "")
}

func secondFactor(code string) error {
	return refusal(http.StatusBadRequest, code, "reserved_for_second_factor")
}
