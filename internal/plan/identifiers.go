// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Identifiers returns the declared identifiers by which the user can be found, strongest first. Among addresses and
// numbers, the one marked primary comes first. It is empty for a spec that names its user by userID only.
func (d *Desired) Identifiers() []clerk.Identifier {
	var identifiers []clerk.Identifier
	add := func(kind clerk.IdentifierKind, value string) {
		if value != "" {
			identifiers = append(identifiers, clerk.Identifier{Kind: kind, Value: value})
		}
	}
	add(clerk.KindExternalID, orEmpty(d.plain.ExternalID))
	for _, email := range d.emails.primaryFirst() {
		add(clerk.KindEmailAddress, email.value)
	}
	for _, phone := range d.phones.primaryFirst() {
		add(clerk.KindPhoneNumber, phone.value)
	}
	add(clerk.KindUsername, orEmpty(d.username))
	for _, wallet := range d.initial.Web3Wallets {
		add(clerk.KindWeb3Wallet, wallet)
	}
	return identifiers
}

// IdentifiersOf returns the identifiers that a spec declares, as Identifiers does, even if the spec is invalid.
func IdentifiersOf(spec *v1alpha1.ClerkUserSpec) []clerk.Identifier {
	d := &Desired{plain: *spec, emails: declaredEmails(spec, v1alpha1.Applied{}), phones: declaredPhones(spec, v1alpha1.Applied{})}
	if spec.Username != nil {
		name := foldUsername(*spec.Username)
		d.username = &name
	}
	if spec.Initial != nil {
		d.initial = *spec.Initial
	}
	return d.Identifiers()
}

// Holds reports whether the user has exactly this identifier. Case is ignored where Clerk ignores it: in e-mail
// addresses, usernames and Ethereum wallets. No user has an empty value.
func Holds(u *clerk.User, id clerk.Identifier) bool {
	_, ok := identifierStatus(u, id)
	return ok
}

// Proves reports whether the user has this identifier and the identifier proves possession: a verified address, number
// or wallet, or the external id, which only back ends can write. A username proves nothing, because anybody can choose
// it first.
func Proves(u *clerk.User, id clerk.Identifier) bool {
	status, ok := identifierStatus(u, id)
	return ok && status == clerk.Verified
}

// identifierStatus returns the status of the user's identifier. An external id counts as verified; a username never
// does.
func identifierStatus(u *clerk.User, id clerk.Identifier) (clerk.IdentifierStatus, bool) {
	if id.Value == "" {
		return "", false
	}
	switch id.Kind {
	case clerk.KindExternalID:
		return clerk.Verified, u.ExternalID == id.Value
	case clerk.KindUsername:
		return clerk.Unverified, foldUsername(u.Username) == foldUsername(id.Value)
	case clerk.KindEmailAddress:
		return statusAmong(heldEmails(u), foldEmail(id.Value))
	case clerk.KindPhoneNumber:
		return statusAmong(heldPhones(u), id.Value)
	case clerk.KindWeb3Wallet:
		at := slices.IndexFunc(u.Web3Wallets, func(w clerk.Web3Wallet) bool {
			return clerk.FoldWallet(w.Address) == clerk.FoldWallet(id.Value)
		})
		if at >= 0 {
			return u.Web3Wallets[at].Status, true
		}
	}
	return "", false
}

// statusAmong returns the status of the held address or number with this value.
func statusAmong(held []heldContact, value string) (clerk.IdentifierStatus, bool) {
	at := slices.IndexFunc(held, func(h heldContact) bool { return h.value == value })
	if at < 0 {
		return "", false
	}
	return held[at].status, true
}

// foldUsername returns the username as Clerk stores it. checkIdentifiers refuses usernames that Clerk may fold in
// another way.
func foldUsername(name string) string { return clerk.LowerASCII(name) }
