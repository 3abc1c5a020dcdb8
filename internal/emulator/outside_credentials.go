// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"time"
)

// updateCredentials makes credentials and the fields that show them consistent after a change from outside. A stored
// password sets PasswordEnabled and its time, and a cleared PasswordEnabled removes the password. A flag without a
// credential stands for an unknown one, which verifies nothing.
func (u *User) updateCredentials(before *User, now time.Time) {
	u.updatePassword(before, now)
	secret := &u.Credentials.TOTPSecret
	switch {
	case *secret != before.Credentials.TOTPSecret:
		u.TOTPEnabled = *secret != ""
	case !u.TOTPEnabled:
		*secret = ""
	}
	codes := u.Credentials.BackupCodes
	switch {
	case !slices.Equal(codes, before.Credentials.BackupCodes):
		u.writeBackupCodes(codes)
	case !u.BackupCodeEnabled:
		u.writeBackupCodes(nil)
	}
	if u.hasSecondFactor() != before.hasSecondFactor() {
		u.updateFactors(now)
	}
}

func (u *User) updatePassword(before *User, now time.Time) {
	written := u.Credentials.password() != before.Credentials.password()
	known := u.Credentials.password() != passwordParts{}
	switch {
	case written && known:
		u.PasswordEnabled = true
	case written, before.PasswordEnabled && !u.PasswordEnabled:
		u.dropPassword()
		return
	case before.PasswordEnabled == u.PasswordEnabled:
		return
	}
	if equal(u.PasswordLastUpdatedAt, before.PasswordLastUpdatedAt) {
		u.PasswordLastUpdatedAt = new(millis(now))
	}
	// The mark belonged to the former password, unless it was set together with the new one.
	u.PasswordCompromised = u.PasswordCompromised && !before.PasswordCompromised
}

// passwordParts are the credentials of a password, in one comparable value.
type passwordParts struct{ plain, digest, hasher string }

func (k Credentials) password() passwordParts {
	return passwordParts{plain: k.Password, digest: k.PasswordDigest, hasher: k.PasswordHasher}
}

func equal(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
