// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"strings"
)

// identity is one value by which a user can be found, in the form for comparison.
type identity struct {
	// kind is the request field of the value.
	kind  string
	value string
}

// newIdentity returns a value in the form for comparison: addresses, usernames and Ethereum wallets without case,
// everything else unchanged.
func newIdentity(kind, value string) identity {
	switch {
	case kind == "email_address", kind == "username":
		value = strings.ToLower(value)
	case kind == "web3_wallet" && strings.HasPrefix(value, "0x"):
		value = strings.ToLower(value)
	}
	return identity{kind: kind, value: value}
}

// claim is an identity of a user, and whether no other user may have it.
type claim struct {
	identity
	exclusive bool
}

// claims returns the identities by which u can be found.
func (u *User) claims() []claim {
	var all []claim
	add := func(kind, value string, exclusive bool) {
		all = append(all, claim{identity: newIdentity(kind, value), exclusive: exclusive})
	}
	if u.ExternalID != nil {
		add("external_id", *u.ExternalID, true)
	}
	if u.Username != nil {
		add("username", *u.Username, true)
	}
	for i := range u.EmailAddresses {
		add("email_address", u.EmailAddresses[i].EmailAddress, u.EmailAddresses[i].claims())
	}
	for i := range u.PhoneNumbers {
		add("phone_number", u.PhoneNumbers[i].PhoneNumber, u.PhoneNumbers[i].claims())
	}
	for i := range u.Web3Wallets {
		add("web3_wallet", u.Web3Wallets[i].Web3Wallet, true)
	}
	return all
}

// index finds the holders of an identity. It has the ids of users, several if they share an unverified address.
type index map[identity][]string

func (x index) add(u *User) {
	for _, c := range u.claims() {
		if !slices.Contains(x[c.identity], u.ID) {
			x[c.identity] = append(x[c.identity], u.ID)
		}
	}
}

func (x index) remove(u *User) {
	for _, c := range u.claims() {
		holders := slices.DeleteFunc(x[c.identity], func(id string) bool { return id == u.ID })
		if len(holders) == 0 {
			delete(x, c.identity)
			continue
		}
		x[c.identity] = holders
	}
}
