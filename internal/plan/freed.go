// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// Freed returns the identifiers that other users can get after a change. u is the user before it.
func Freed(c Change, u *clerk.User) []clerk.Identifier {
	var freed []clerk.Identifier
	add := func(kind clerk.IdentifierKind, value string) {
		if value != "" {
			freed = append(freed, clerk.Identifier{Kind: kind, Value: value})
		}
	}
	switch c := c.(type) {
	case DeleteEmailAddress:
		add(clerk.KindEmailAddress, c.Contact.Value)
	case DeletePhoneNumber:
		add(clerk.KindPhoneNumber, c.Contact.Value)
	case Update:
		if c.Params.Username != nil {
			add(clerk.KindUsername, foldUsername(u.Username))
		}
		if c.Params.ExternalID != nil {
			add(clerk.KindExternalID, u.ExternalID)
		}
	case Delete:
		add(clerk.KindExternalID, u.ExternalID)
		add(clerk.KindUsername, foldUsername(u.Username))
		for _, e := range u.EmailAddresses {
			add(clerk.KindEmailAddress, e.Address)
		}
		for _, p := range u.PhoneNumbers {
			add(clerk.KindPhoneNumber, p.Number)
		}
		for _, w := range u.Web3Wallets {
			add(clerk.KindWeb3Wallet, clerk.FoldWallet(w.Address))
		}
	default:
		// Every other change keeps the user's identifiers.
	}
	return freed
}

// Claimed returns the identifiers that a change requests and that only one user of an instance can have.
func Claimed(c Change) []clerk.Identifier {
	switch c := c.(type) {
	case AddEmailAddress:
		return []clerk.Identifier{{Kind: clerk.KindEmailAddress, Value: c.Params.Address}}
	case AddPhoneNumber:
		return []clerk.Identifier{{Kind: clerk.KindPhoneNumber, Value: c.Params.Number}}
	case Update:
		var claimed []clerk.Identifier
		if name := orEmpty(c.Params.Username); name != "" {
			claimed = append(claimed, clerk.Identifier{Kind: clerk.KindUsername, Value: name})
		}
		if id := orEmpty(c.Params.ExternalID); id != "" {
			claimed = append(claimed, clerk.Identifier{Kind: clerk.KindExternalID, Value: id})
		}
		return claimed
	default:
		return nil
	}
}
