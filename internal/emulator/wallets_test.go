// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const solanaWallet = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"

func TestDeleteWeb3Wallet(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"web3_wallet": []string{wallet, solanaWallet}})
	path, first, second := "/users/"+u.ID+"/web3_wallets/", u.Web3Wallets[0].ID, u.Web3Wallets[1].ID
	c.send("DELETE", path+"idn_x", nil).refused(http.StatusNotFound, "resource_not_found")
	c.send("DELETE", "/users/user_x/web3_wallets/"+first, nil).refused(http.StatusNotFound, "resource_not_found")

	c.send("DELETE", path+first, "null").says(`{"object":"web3_wallet","id":"` + first + `","deleted":true}`)
	got := c.send("GET", "/users/"+u.ID, nil).user()
	if len(got.Web3Wallets) != 1 || text(got.PrimaryWeb3WalletID) != second || got.UpdatedAt <= u.UpdatedAt {
		t.Errorf("wallets %+v, primary %s", got.Web3Wallets, text(got.PrimaryWeb3WalletID))
	}
	c.send("DELETE", path+first, nil).refused(http.StatusNotFound, "resource_not_found")
	c.create(m{"web3_wallet": []string{wallet}})

	c.send("DELETE", path+second, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
	c.send("POST", "/email_addresses", m{"user_id": u.ID, "email_address": "a@example.com"}).ok()
	c.send("DELETE", path+second, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
	c.send("PATCH", "/users/"+u.ID, m{"username": "somebody"}).ok()
	c.instance.Configure(func(s *emulator.Settings) { s.Required = []string{"web3_wallet"} })
	c.send("DELETE", path+second, nil).refused(http.StatusBadRequest, "last_required_identification_deletion_failed")
	c.instance.Configure(func(s *emulator.Settings) { s.Required, s.Web3Disabled = nil, true })
	c.send("DELETE", path+second, nil).refused(http.StatusForbidden, "feature_not_enabled")
	c.instance.Configure(func(s *emulator.Settings) { s.Web3Disabled = false })
	c.send("DELETE", path+second, nil).ok()
	if got := c.instance.User(u.ID); len(got.Web3Wallets) != 0 || got.PrimaryWeb3WalletID != nil {
		t.Errorf("wallets %+v, primary %s", got.Web3Wallets, text(got.PrimaryWeb3WalletID))
	}
}

func TestTheOldestVerifiedWalletSucceeds(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	proven := &emulator.Verification{Status: "verified"}
	u := c.instance.Seed(emulator.User{Username: new("somebody"), PrimaryWeb3WalletID: new("idn_c"), Web3Wallets: []emulator.Web3Wallet{
		{ID: "idn_a", Web3Wallet: wallet}, {ID: "idn_b", Web3Wallet: solanaWallet, Verification: proven},
		{ID: "idn_c", Web3Wallet: "0x0000000000000000000000000000000000000001", Verification: proven},
		{ID: "idn_d", Web3Wallet: "0x0000000000000000000000000000000000000002", Verification: proven},
	}})
	for _, step := range []struct{ deleted, primary string }{{"idn_d", "idn_c"}, {"idn_c", "idn_b"}, {"idn_b", "<nil>"}, {"idn_a", "<nil>"}} {
		c.send("DELETE", "/users/"+u.ID+"/web3_wallets/"+step.deleted, nil).ok()
		if got := text(c.send("GET", "/users/"+u.ID, nil).user().PrimaryWeb3WalletID); got != step.primary {
			t.Errorf("after %s: primary %s, want %s", step.deleted, got, step.primary)
		}
	}
}
