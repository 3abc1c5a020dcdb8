// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "slices"

// deleteWeb3Wallet removes a wallet, unless it is the last thing that identifies the user.
func deleteWeb3Wallet(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	isNamed := func(w Web3Wallet) bool { return w.ID == c.id("id") }
	switch {
	case c.settings().Web3Disabled:
		return nil, featureDisabled("Web3")
	case !slices.ContainsFunc(u.Web3Wallets, isNamed):
		return nil, notFound("web3 wallet", c.id("id"))
	case c.settings().requires("web3_wallet") && len(u.Web3Wallets) == 1:
		return nil, lastRequiredIdentification()
	}
	_, err = c.change(u.ID, func(rest *User) error {
		rest.Web3Wallets = slices.DeleteFunc(rest.Web3Wallets, isNamed)
		if !rest.hasIdentifier() {
			return lastIdentification()
		}
		rest.succeedWallet(c.id("id"))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return deletedObject{Object: "web3_wallet", ID: c.id("id"), Deleted: true}, nil
}

// succeedWallet makes the oldest verified wallet primary after the primary one with the id was deleted.
func (u *User) succeedWallet(deleted string) {
	if u.PrimaryWeb3WalletID == nil || *u.PrimaryWeb3WalletID != deleted {
		return
	}
	u.PrimaryWeb3WalletID = nil
	for i := range u.Web3Wallets {
		if u.Web3Wallets[i].Verification.verified() {
			u.PrimaryWeb3WalletID = new(u.Web3Wallets[i].ID)
			return
		}
	}
}
