// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

// serveCredentials serves the operations that verify, remove and revoke a user's credentials.
func serveCredentials(serve func(method, path string, op operation)) {
	serve("POST", "/users/{user_id}/verify_password", verifyPassword)
	serve("POST", "/users/{user_id}/remove_password", removePassword)
	serve("POST", "/users/{user_id}/password/set_compromised", since(compromisedVersion, setPasswordCompromised))
	serve("POST", "/users/{user_id}/password/unset_compromised", since(compromisedVersion, unsetPasswordCompromised))

	serve("POST", "/users/{user_id}/verify_totp", verifyTOTP)
	serve("DELETE", "/users/{user_id}/totp", deleteTOTP)
	serve("DELETE", "/users/{user_id}/backup_code", deleteBackupCodes)
	serve("DELETE", "/users/{user_id}/mfa", disableMFA)

	serve("DELETE", "/users/{user_id}/passkeys/{id}", deletePasskey)
	serve("DELETE", "/users/{user_id}/web3_wallets/{id}", deleteWeb3Wallet)
	serve("GET", "/users/{user_id}/trusted_devices", listTrustedDevices)
	serve("DELETE", "/users/{user_id}/trusted_devices/{id}", revokeTrustedDevice)
}

// since serves an operation from an API version on; earlier versions do not have its route.
func since(version string, op operation) operation {
	return func(c *call) (any, error) {
		if c.version < version {
			return nil, unknownRoute()
		}
		return op(c)
	}
}
