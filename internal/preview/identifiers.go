// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// identifiersOf are the identifiers of a user in the case in which Clerk compares them.
func identifiersOf(u *clerk.User) []clerk.Identifier {
	if u == nil {
		return nil
	}
	all := []clerk.Identifier{{Kind: clerk.KindExternalID, Value: u.ExternalID}, {Kind: clerk.KindUsername, Value: u.Username}}
	for i := range u.EmailAddresses {
		all = append(all, clerk.Identifier{Kind: clerk.KindEmailAddress, Value: u.EmailAddresses[i].Address})
	}
	for i := range u.PhoneNumbers {
		all = append(all, clerk.Identifier{Kind: clerk.KindPhoneNumber, Value: u.PhoneNumbers[i].Number})
	}
	for i := range u.Web3Wallets {
		all = append(all, clerk.Identifier{Kind: clerk.KindWeb3Wallet, Value: u.Web3Wallets[i].Address})
	}
	all = slices.DeleteFunc(all, func(identifier clerk.Identifier) bool { return identifier.Value == "" })
	for i := range all {
		all[i] = clerk.FoldIdentifier(all[i])
	}
	return all
}

// taken returns the parameter of a call whose value another user has; "" if there is none.
func (s *simulation) taken(ctx context.Context, u *clerk.User, change plan.Change) (string, error) {
	for _, identifier := range claimed(u, change) {
		holders, err := s.held(ctx, identifier)
		if err != nil {
			return "", err
		}
		for _, holder := range holders {
			if (u == nil || holder.ID != u.ID) && claims(holder, identifier) {
				return string(identifier.Kind), nil
			}
		}
	}
	return "", nil
}

// claimed are the identifiers that a call makes the user's own.
func claimed(u *clerk.User, change plan.Change) []clerk.Identifier {
	one := func(kind clerk.IdentifierKind, value string) []clerk.Identifier {
		if value == "" {
			return nil
		}
		return []clerk.Identifier{{Kind: kind, Value: value}}
	}
	switch c := change.(type) {
	case plan.Create:
		return claimedByCreation(c.Params)
	case plan.Update:
		return slices.Concat(one(clerk.KindExternalID, text(c.Params.ExternalID)), one(clerk.KindUsername, text(c.Params.Username)))
	case plan.AddEmailAddress:
		return one(clerk.KindEmailAddress, c.Params.Address)
	case plan.AddPhoneNumber:
		return one(clerk.KindPhoneNumber, c.Params.Number)
	case plan.UpdateEmailAddress:
		if verified := c.Params.Verified; verified != nil && *verified {
			return one(clerk.KindEmailAddress, addressOf(u, c.Contact.ID))
		}
	case plan.UpdatePhoneNumber:
		if verified := c.Params.Verified; verified != nil && *verified {
			return one(clerk.KindPhoneNumber, numberOf(u, c.Contact.ID))
		}
	default:
	}
	return nil
}

func claimedByCreation(p clerk.CreateUserParams) []clerk.Identifier {
	all := []clerk.Identifier{{Kind: clerk.KindExternalID, Value: text(p.ExternalID)}, {Kind: clerk.KindUsername, Value: text(p.Username)}}
	for i := range p.EmailAddresses {
		all = append(all, clerk.Identifier{Kind: clerk.KindEmailAddress, Value: p.EmailAddresses[i].Value})
	}
	for i := range p.PhoneNumbers {
		all = append(all, clerk.Identifier{Kind: clerk.KindPhoneNumber, Value: p.PhoneNumbers[i].Value})
	}
	for _, wallet := range p.Web3Wallets {
		all = append(all, clerk.Identifier{Kind: clerk.KindWeb3Wallet, Value: wallet})
	}
	return slices.DeleteFunc(all, func(identifier clerk.Identifier) bool { return identifier.Value == "" })
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func addressOf(u *clerk.User, id string) string {
	for i := range u.EmailAddresses {
		if u.EmailAddresses[i].ID == id {
			return u.EmailAddresses[i].Address
		}
	}
	return ""
}

func numberOf(u *clerk.User, id string) string {
	for i := range u.PhoneNumbers {
		if u.PhoneNumbers[i].ID == id {
			return u.PhoneNumbers[i].Number
		}
	}
	return ""
}

// claims reports whether no other user may have an identifier of this user. Several users may have the same unverified address.
func claims(u *clerk.User, identifier clerk.Identifier) bool {
	folded := clerk.FoldIdentifier(identifier)
	for i := range u.EmailAddresses {
		if e := &u.EmailAddresses[i]; identifier.Kind == clerk.KindEmailAddress && e.Address == folded.Value {
			return e.Status != clerk.Unverified
		}
	}
	for i := range u.PhoneNumbers {
		if n := &u.PhoneNumbers[i]; identifier.Kind == clerk.KindPhoneNumber && n.Number == folded.Value {
			return n.Status != clerk.Unverified
		}
	}
	return true
}

// named adds the address or number to a change that has only its id.
func named(change plan.Change, u *clerk.User) plan.Change {
	if u == nil {
		return change
	}
	switch c := change.(type) {
	case plan.UpdateEmailAddress:
		c.Contact.Value = addressOf(u, c.Contact.ID)
		return c
	case plan.DeleteEmailAddress:
		c.Contact.Value = addressOf(u, c.Contact.ID)
		return c
	case plan.UpdatePhoneNumber:
		c.Contact.Value = numberOf(u, c.Contact.ID)
		return c
	case plan.DeletePhoneNumber:
		c.Contact.Value = numberOf(u, c.Contact.ID)
		return c
	default:
		return change
	}
}
