// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"time"
)

// completeIdentifications sets missing ids, object names and times of addresses, wallets, passkeys, devices and
// connected accounts. It makes the first of each kind primary if no primary one is set.
func (i *Instance) completeIdentifications(u *User, now time.Time) {
	u.EmailAddresses = notNil(u.EmailAddresses)
	for n := range u.EmailAddresses {
		e := &u.EmailAddresses[n]
		e.Object = "email_address"
		i.completeAddress(&e.ID, &e.CreatedAt, &e.UpdatedAt, now)
		e.Verification.complete()
		e.LinkedTo = notNil(e.LinkedTo)
	}
	u.PhoneNumbers = notNil(u.PhoneNumbers)
	for n := range u.PhoneNumbers {
		p := &u.PhoneNumbers[n]
		p.Object = "phone_number"
		i.completeAddress(&p.ID, &p.CreatedAt, &p.UpdatedAt, now)
		p.Verification.complete()
		p.LinkedTo = notNil(p.LinkedTo)
	}
	u.Web3Wallets = notNil(u.Web3Wallets)
	for n := range u.Web3Wallets {
		w := &u.Web3Wallets[n]
		w.Object = "web3_wallet"
		i.completeAddress(&w.ID, &w.CreatedAt, &w.UpdatedAt, now)
		w.Verification.complete()
	}
	u.ExternalAccounts = notNil(u.ExternalAccounts)
	for n := range u.ExternalAccounts {
		i.completeExternalAccount(&u.ExternalAccounts[n], now)
	}
	i.completePasskeys(u, now)
	i.completeTrustedDevices(u, now)
	u.completePrimaries()
}

func (i *Instance) completeAddress(id *string, created, updated *int64, now time.Time) {
	*id = cmp.Or(*id, i.server.ids.next("idn_", now))
	*created = cmp.Or(*created, millis(now))
	*updated = cmp.Or(*updated, *created)
}

// complete fills in a seeded verification, which needs only a status.
func (v *Verification) complete() {
	if v == nil {
		return
	}
	v.Status = cmp.Or(v.Status, "verified")
	if v.Object == "" {
		v.Object, v.Strategy = "verification_admin", cmp.Or(v.Strategy, "admin")
		if v.Status != "verified" {
			v.Object, v.Strategy = "verification_otp", "email_code"
		}
	}
}

// completePrimaries removes primary ids that refer to nothing, and makes the first address primary if there is no
// primary one.
func (u *User) completePrimaries() {
	settle := func(primary **string, ids []string) {
		if len(ids) == 0 {
			*primary = nil
			return
		}
		for _, id := range ids {
			if *primary != nil && **primary == id {
				return
			}
		}
		*primary = new(ids[0])
	}
	emails := make([]string, len(u.EmailAddresses))
	for n := range u.EmailAddresses {
		emails[n] = u.EmailAddresses[n].ID
	}
	phones := make([]string, len(u.PhoneNumbers))
	for n := range u.PhoneNumbers {
		phones[n] = u.PhoneNumbers[n].ID
	}
	wallets := make([]string, len(u.Web3Wallets))
	for n := range u.Web3Wallets {
		wallets[n] = u.Web3Wallets[n].ID
	}
	settle(&u.PrimaryEmailAddressID, emails)
	settle(&u.PrimaryPhoneNumberID, phones)
	settle(&u.PrimaryWeb3WalletID, wallets)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
