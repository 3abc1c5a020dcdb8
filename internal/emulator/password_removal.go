// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

// removePasswordForm is the body of POST /users/{user_id}/remove_password. The body may be left out.
type removePasswordForm struct {
	SignOutOfOtherSessions given[bool] `json:"sign_out_of_other_sessions" null:"no"`
}

// removePassword removes the password, even if it is the last way to sign in. A user without one stays unchanged and
// keeps the sessions.
func removePassword(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form removePasswordForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	if u.Directory.owns("password") {
		return nil, managedBySCIM("password")
	}
	return c.change(u.ID, func(u *User) error {
		if !u.PasswordEnabled {
			return nil
		}
		u.dropPassword()
		if form.SignOutOfOtherSessions.Value {
			u.SessionsRevokedAt = c.now
		}
		return nil
	})
}

// dropPassword removes the user's password and Clerk's data about it.
func (u *User) dropPassword() {
	u.Credentials.Password, u.Credentials.PasswordDigest, u.Credentials.PasswordHasher = "", "", ""
	u.PasswordEnabled, u.PasswordLastUpdatedAt, u.PasswordCompromised = false, nil, false
}
