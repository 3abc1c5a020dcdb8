// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// Passkey is a passkey of a user. It can only be seeded; the API cannot create one.
type Passkey struct {
	ID           string        `json:"id"`
	Object       string        `json:"object"`
	Name         string        `json:"name"`
	LastUsedAt   int64         `json:"last_used_at"`
	Verification *Verification `json:"verification"`
}

// completePasskeys fills in missing fields of seeded passkeys. The default verification is by the passkey.
func (i *Instance) completePasskeys(u *User, now time.Time) {
	u.Passkeys = notNil(u.Passkeys)
	for n := range u.Passkeys {
		p := &u.Passkeys[n]
		p.Object = "passkey"
		p.ID = cmp.Or(p.ID, i.server.ids.next("idn_", now))
		p.LastUsedAt = cmp.Or(p.LastUsedAt, millis(now))
		if p.Verification == nil || p.Verification.Object == "" {
			p.Verification = &Verification{Object: "verification_passkey", Status: "verified", Strategy: "passkey"}
		}
	}
}

// deletePasskey removes a passkey and notifies the user by mail.
func deletePasskey(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if c.settings().PasskeysDisabled {
		return nil, featureDisabled("Passkeys")
	}
	isNamed := func(p Passkey) bool { return p.ID == c.id("id") }
	if !slices.ContainsFunc(u.Passkeys, isNamed) {
		return nil, refuse(http.StatusNotFound, "passkey_not_registered", "passkey not registered", "This user has no such passkey.")
	}
	_, err = c.change(u.ID, func(u *User) error {
		u.Passkeys = slices.DeleteFunc(u.Passkeys, isNamed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.notify(PasskeyDeleted, u.ID, c.id("id"))
	return deletedObject{Object: "passkey", ID: c.id("id"), Deleted: true}, nil
}
