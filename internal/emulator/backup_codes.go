// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"

	"golang.org/x/crypto/bcrypt"
)

// backupCode returns the index of the code in the list, or -1. A stored code may be a bcrypt digest.
func (k Credentials) backupCode(code string) int {
	return slices.IndexFunc(k.BackupCodes, func(stored string) bool {
		if bcryptPattern.MatchString(stored) {
			return bcrypt.CompareHashAndPassword([]byte(stored), []byte(code)) == nil
		}
		return stored == code
	})
}

// useBackupCode uses up the nth code of the user.
func (c *call) useBackupCode(id string, n int) error {
	_, err := c.change(id, func(u *User) error {
		u.writeBackupCodes(slices.Delete(u.Credentials.BackupCodes, n, n+1))
		return nil
	})
	return err
}

// writeBackupCodes replaces the user's backup codes. Backup codes are no second factor of their own: they replace one.
func (u *User) writeBackupCodes(codes []string) {
	u.Credentials.BackupCodes, u.BackupCodeEnabled = codes, len(codes) > 0
}

// deleteBackupCodes removes the user's backup codes; other factors stay.
func deleteBackupCodes(c *call) (any, error) {
	return c.removeFactors(func(u *User) { u.writeBackupCodes(nil) })
}
