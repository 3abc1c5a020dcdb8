// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"strings"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// identifier is one of the ways in which a user is known.
type identifier struct {
	Kind  string
	Value string
	// Notes are short words about it, such as primary.
	Notes []string
}

// nameOf is how a dashboard calls a user: by name, else by an identifier, else by the id.
func nameOf(u *emulator.User) string {
	name := strings.TrimSpace(text(u.FirstName) + " " + text(u.LastName))
	if name == "" {
		name = identifierOf(u)
	}
	if name == "" {
		name = u.ID
	}
	return name
}

// initialOf is the letter that stands for the user's picture.
func initialOf(u *emulator.User) string {
	first, _ := utf8.DecodeRuneInString(nameOf(u))
	return strings.ToUpper(string(first))
}

// identifierOf returns the user's primary identifier; "" if there is none.
func identifierOf(u *emulator.User) string {
	for _, i := range identifiers(u) {
		if len(i.Notes) > 0 && i.Notes[0] == "primary" {
			return i.Value
		}
	}
	if all := identifiersOf(u); len(all) > 0 {
		return all[0]
	}
	return ""
}

// identifiersOf returns the values of all identifiers.
func identifiersOf(u *emulator.User) []string {
	var values []string
	for _, i := range identifiers(u) {
		values = append(values, i.Value)
	}
	return values
}

// identifiers returns all identifiers of a user, in the order in which a dashboard shows them.
func identifiers(u *emulator.User) []identifier {
	var all []identifier
	for _, e := range u.EmailAddresses {
		all = append(all, identifier{"Email address", e.EmailAddress, notes(e.ID == text(u.PrimaryEmailAddressID), e.Verification, e.Reserved)})
	}
	for _, n := range u.PhoneNumbers {
		all = append(all, identifier{"Phone number", n.PhoneNumber, notes(n.ID == text(u.PrimaryPhoneNumberID), n.Verification, n.Reserved)})
	}
	if u.Username != nil {
		all = append(all, identifier{Kind: "Username", Value: *u.Username})
	}
	for _, wallet := range u.Web3Wallets {
		all = append(all, identifier{"Web3 wallet", wallet.Web3Wallet, notes(wallet.ID == text(u.PrimaryWeb3WalletID), wallet.Verification, false)})
	}
	for _, a := range u.ExternalAccounts {
		all = append(all, identifier{Kind: strings.TrimPrefix(a.Provider, "oauth_") + " account", Value: a.EmailAddress})
	}
	if u.ExternalID != nil {
		all = append(all, identifier{Kind: "External ID", Value: *u.ExternalID})
	}
	return all
}

// notes are the words beside an address, number or wallet.
func notes(primary bool, v *emulator.Verification, reserved bool) []string {
	var words []string
	if primary {
		words = append(words, "primary")
	}
	if v == nil || v.Status != "verified" {
		words = append(words, "not verified")
	}
	if reserved {
		words = append(words, "reserved")
	}
	return words
}

// text returns what a field has; "" for none.
func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
