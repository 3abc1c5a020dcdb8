// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"

	"golang.org/x/crypto/bcrypt"
)

// verifyPasswordForm is the body of POST /users/{user_id}/verify_password.
type verifyPasswordForm struct {
	Password given[string] `json:"password" null:"no"`
}

// proof is the answer to a successful verification; others are refused.
type proof struct {
	Verified bool `json:"verified"`
	// CodeType is the type of a second factor's code: totp or backup_code.
	CodeType string `json:"code_type,omitempty"`
}

func verifyPassword(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form verifyPasswordForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	switch {
	case !form.Password.Set:
		return nil, unprocessable(missingParam("password"))
	case !u.PasswordEnabled:
		return nil, noPasswordSet()
	case !u.Credentials.matches(form.Password.Value):
		return nil, refuse(http.StatusUnprocessableEntity, "incorrect_password", "incorrect password", "This is not the user's password.")
	}
	return proof{Verified: true}, nil
}

// matches reports whether the text is the password. Only bcrypt digests are computed: with any other hasher every
// password is wrong.
func (k Credentials) matches(password string) bool {
	switch {
	case k.Password != "":
		return k.Password == password
	case k.PasswordHasher == "bcrypt":
		return bcrypt.CompareHashAndPassword([]byte(k.PasswordDigest), []byte(password)) == nil
	default:
		return false
	}
}

func noPasswordSet() error {
	return refuse(http.StatusBadRequest, "no_password_set", "no password set", "This user has no password.")
}
