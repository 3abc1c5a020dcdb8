// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"strings"
)

// identity is one value by which a user can be found, in the form it is compared in.
type identity struct {
	// kind is the request field that carries it.
	kind  string
	value string
}

// newIdentity puts a value into the form it is compared in: addresses and usernames without regard to case, an Ethereum
// wallet too, everything else as it is.
func newIdentity(kind, value string) identity {
	switch {
	case kind == "email_address", kind == "username":
		value = strings.ToLower(value)
	case kind == "web3_wallet" && strings.HasPrefix(value, "0x"):
		value = strings.ToLower(value)
	}
	return identity{kind: kind, value: value}
}

// claim is an identity a user has, and whether nobody else may have it.
type claim struct {
	identity
	exclusive bool
}

// claims lists what u can be found by.
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

// index finds the holders of an identity. It lists user ids, several where an unverified address is shared.
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
