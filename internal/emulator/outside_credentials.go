// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"time"
)

// settleCredentials makes what shows of the credentials fit what was changed of them from outside, and the other way round:
// a stored password makes PasswordEnabled true and moves its time, and PasswordEnabled made false forgets the password. A flag
// that is set without a credential stands for one that nobody here knows: it verifies nothing.
func (u *User) settleCredentials(before *User, now time.Time) {
	u.settlePassword(before, now)
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
		u.settleFactors(now)
	}
}

func (u *User) settlePassword(before *User, now time.Time) {
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
	// The mark was the former password's, unless it was set together with the new one.
	u.PasswordCompromised = u.PasswordCompromised && !before.PasswordCompromised
}

// passwordParts are the credentials that make up a password, in one comparable value.
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
