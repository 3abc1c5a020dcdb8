// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

// compromisedVersion is the first API version in which a password can be marked as compromised.
const compromisedVersion = "2025-11-10"

// compromisedForm is the body of POST /users/{user_id}/password/set_compromised.
type compromisedForm struct {
	RevokeAllSessions given[bool] `json:"revoke_all_sessions"`
}

// setPasswordCompromised makes the user choose another password at the next sign-in. A password that is marked already
// is no change, unless the call ends sessions again.
func setPasswordCompromised(c *call) (any, error) {
	u, err := c.passwordHolder()
	if err != nil {
		return nil, err
	}
	var form compromisedForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	if !u.PasswordEnabled {
		return nil, noPasswordSet()
	}
	return c.change(u.ID, func(u *User) error {
		u.PasswordCompromised = true
		if form.RevokeAllSessions.Value {
			u.SessionsRevokedAt = c.now
		}
		return nil
	})
}

// unsetPasswordCompromised removes the mark. A user without mark or password stays unchanged.
func unsetPasswordCompromised(c *call) (any, error) {
	u, err := c.passwordHolder()
	if err != nil {
		return nil, err
	}
	return c.change(u.ID, func(u *User) error {
		u.PasswordCompromised = false
		return nil
	})
}

// passwordHolder returns the user in the path. It fails on an instance without passwords.
func (c *call) passwordHolder() (*User, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if c.settings().PasswordDisabled {
		return nil, refuse(http.StatusForbidden, "password_disabled", "password is disabled",
			"Passwords are not enabled for this instance.")
	}
	return u, nil
}
