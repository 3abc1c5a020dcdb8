// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"

	"golang.org/x/crypto/bcrypt"
)

// backupCode returns where in the list the code is, or -1. A stored code may be the bcrypt digest of one.
func (k Credentials) backupCode(code string) int {
	return slices.IndexFunc(k.BackupCodes, func(stored string) bool {
		if bcryptPattern.MatchString(stored) {
			return bcrypt.CompareHashAndPassword([]byte(stored), []byte(code)) == nil
		}
		return stored == code
	})
}

// spendBackupCode uses up the nth code of the user with the id.
func (c *call) spendBackupCode(id string, n int) error {
	_, err := c.change(id, func(u *User) error {
		u.writeBackupCodes(slices.Delete(u.Credentials.BackupCodes, n, n+1))
		return nil
	})
	return err
}

// writeBackupCodes gives the user these codes and no others. Backup codes are no second factor of their own: they stand in
// for one.
func (u *User) writeBackupCodes(codes []string) {
	u.Credentials.BackupCodes, u.BackupCodeEnabled = codes, len(codes) > 0
}

// deleteBackupCodes leaves the user without backup codes; his other factors stay.
func deleteBackupCodes(c *call) (any, error) {
	return c.removeFactors(func(u *User) { u.writeBackupCodes(nil) })
}
