// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"time"
)

// userReference is the answer of the operations that remove second factors.
type userReference struct {
	UserID string `json:"user_id"`
}

// removeFactors applies remove to the user in the path. If there is nothing to remove, that is a success too.
func (c *call) removeFactors(remove func(*User)) (any, error) {
	u, err := c.change(c.id("user_id"), func(u *User) error {
		remove(u)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return userReference{UserID: u.ID}, nil
}

// disableMFA removes every second factor and the backup codes. The phone numbers stay.
func disableMFA(c *call) (any, error) {
	return c.removeFactors(func(u *User) {
		u.dropTOTP()
		u.writeBackupCodes(nil)
		for n := range u.PhoneNumbers {
			p := &u.PhoneNumbers[n]
			if !p.ReservedForSecondFactor {
				continue
			}
			p.ReservedForSecondFactor, p.DefaultSecondFactor = false, false
			p.UpdatedAt = millis(c.now)
		}
		u.updateFactors(c.now)
	})
}

// hasSecondFactor reports whether the user has an authenticator or a phone number reserved as second factor.
func (u *User) hasSecondFactor() bool {
	return u.TOTPEnabled || slices.ContainsFunc(u.PhoneNumbers, func(p PhoneNumber) bool { return p.ReservedForSecondFactor })
}

// updateFactors updates whether the user has a second factor and since when.
func (u *User) updateFactors(now time.Time) {
	enabled := u.hasSecondFactor()
	switch {
	case enabled && !u.TwoFactorEnabled:
		u.MFAEnabledAt = new(millis(now))
	case !enabled && u.TwoFactorEnabled:
		u.MFADisabledAt = new(millis(now))
	}
	u.TwoFactorEnabled = enabled
}
