// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

// Operation names what a call is for. Each method of Client that makes a call has an Operation of its own, which is named
// after the method. The values are stable: metrics and logs show them.
type Operation string

// All operations.
const (
	OperationInstance                 Operation = "get_instance"
	OperationProbeKey                 Operation = "probe_key"
	OperationCountUsers               Operation = "count_users"
	OperationUser                     Operation = "get_user"
	OperationUsersByID                Operation = "list_users_by_id"
	OperationUsersBy                  Operation = "list_users_by_identifier"
	OperationListed                   Operation = "confirm_user"
	OperationLastUpdated              Operation = "list_last_updated_users"
	OperationUsersAfter               Operation = "list_users"
	OperationCreateUser               Operation = "create_user"
	OperationUpdateUser               Operation = "update_user"
	OperationBanUser                  Operation = "ban_user"
	OperationUnbanUser                Operation = "unban_user"
	OperationLockUser                 Operation = "lock_user"
	OperationUnlockUser               Operation = "unlock_user"
	OperationDeleteUser               Operation = "delete_user"
	OperationMergeMetadata            Operation = "merge_metadata"
	OperationReplaceMetadata          Operation = "replace_metadata"
	OperationCreateEmailAddress       Operation = "create_email_address"
	OperationUpdateEmailAddress       Operation = "update_email_address"
	OperationDeleteEmailAddress       Operation = "delete_email_address"
	OperationCreatePhoneNumber        Operation = "create_phone_number"
	OperationUpdatePhoneNumber        Operation = "update_phone_number"
	OperationDeletePhoneNumber        Operation = "delete_phone_number"
	OperationSetProfileImage          Operation = "set_profile_image"
	OperationDeleteProfileImage       Operation = "delete_profile_image"
	OperationRemovePassword           Operation = "remove_password"
	OperationSetPasswordCompromised   Operation = "set_password_compromised"
	OperationUnsetPasswordCompromised Operation = "unset_password_compromised"
	OperationVerifyPassword           Operation = "verify_password"
	OperationVerifyTOTP               Operation = "verify_totp"
	OperationDisableMFA               Operation = "disable_mfa"
	OperationDeleteBackupCodes        Operation = "delete_backup_codes"
	OperationDeleteTOTP               Operation = "delete_totp"
	OperationDeletePasskey            Operation = "delete_passkey"
	OperationDeleteWeb3Wallet         Operation = "delete_web3_wallet"
	OperationDeleteExternalAccount    Operation = "delete_external_account"
	OperationRevokeTrustedDevice      Operation = "revoke_trusted_device"
	OperationOAuthAccessTokens        Operation = "list_oauth_access_tokens" //nolint:gosec // It is a name.
	OperationOrganizationMemberships  Operation = "list_organization_memberships"
	OperationOrganizationInvitations  Operation = "list_organization_invitations"
)

// Operations returns all operations.
func Operations() []Operation {
	return []Operation{
		OperationInstance, OperationProbeKey, OperationCountUsers, OperationUser, OperationUsersByID, OperationUsersBy,
		OperationListed, OperationLastUpdated, OperationUsersAfter, OperationCreateUser, OperationUpdateUser,
		OperationBanUser, OperationUnbanUser, OperationLockUser, OperationUnlockUser, OperationDeleteUser,
		OperationMergeMetadata, OperationReplaceMetadata, OperationCreateEmailAddress, OperationUpdateEmailAddress,
		OperationDeleteEmailAddress, OperationCreatePhoneNumber, OperationUpdatePhoneNumber, OperationDeletePhoneNumber,
		OperationSetProfileImage, OperationDeleteProfileImage, OperationRemovePassword, OperationSetPasswordCompromised,
		OperationUnsetPasswordCompromised, OperationVerifyPassword, OperationVerifyTOTP, OperationDisableMFA,
		OperationDeleteBackupCodes, OperationDeleteTOTP, OperationDeletePasskey, OperationDeleteWeb3Wallet,
		OperationDeleteExternalAccount, OperationRevokeTrustedDevice, OperationOAuthAccessTokens,
		OperationOrganizationMemberships, OperationOrganizationInvitations,
	}
}
