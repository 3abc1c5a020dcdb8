// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

const (
	// totpDigits and totpPeriod are the only ones Clerk supports; the algorithm is SHA-1.
	totpDigits = 6
	totpPeriod = 30 * time.Second
	// totpSkew is how many periods a code may be early or late. Clerk does not say; the TOTP standard recommends one.
	totpSkew = 1
)

// verifyTOTPForm is the body of POST /users/{user_id}/verify_totp.
type verifyTOTPForm struct {
	Code given[string] `json:"code" null:"no"`
}

// verifyTOTP accepts a code of the user's authenticator, or a backup code, which it uses up. An authenticator's codes
// have six characters, so a text of another length is compared with the backup codes only.
func verifyTOTP(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form verifyTOTPForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	switch {
	case !form.Code.Set:
		return nil, unprocessable(missingParam("code"))
	case !u.TOTPEnabled:
		return nil, refuse(http.StatusBadRequest, "totp_disabled", "TOTP is disabled", "This user has no TOTP.")
	}
	code := form.Code.Value
	if u.Credentials.matchesTOTP(code, c.now) {
		return proof{Verified: true, CodeType: "totp"}, nil
	}
	if n := u.Credentials.backupCode(code); n >= 0 {
		if err := c.useBackupCode(u.ID, n); err != nil {
			return nil, err
		}
		return proof{Verified: true, CodeType: "backup_code"}, nil
	}
	if len(code) != totpDigits {
		return nil, refuse(http.StatusUnprocessableEntity, "totp_invalid_length", "invalid length", "A TOTP code has 6 characters.")
	}
	return nil, refuse(http.StatusUnprocessableEntity, "totp_incorrect_code", "incorrect TOTP", "This is not the user's code.")
}

// matchesTOTP reports whether an authenticator with the secret shows the code at about now.
func (k Credentials) matchesTOTP(code string, now time.Time) bool {
	if k.TOTPSecret == "" || len(code) != totpDigits {
		return false
	}
	valid, err := totp.ValidateCustom(code, k.TOTPSecret, now, totp.ValidateOpts{
		Period: uint(totpPeriod / time.Second), Skew: totpSkew, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	return valid && err == nil
}

func deleteTOTP(c *call) (any, error) {
	return c.removeFactors(func(u *User) {
		u.dropTOTP()
		u.updateFactors(c.now)
	})
}

// dropTOTP removes the user's authenticator; other factors stay.
func (u *User) dropTOTP() { u.Credentials.TOTPSecret, u.TOTPEnabled = "", false }
