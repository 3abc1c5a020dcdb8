// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

// serveAccounts serves what a user has beside credentials: an image, connected accounts, organizations and
// verifications of addresses.
func serveAccounts(serve func(method, path string, op operation)) {
	serve("POST", "/users/{user_id}/profile_image", setProfileImage)
	serve("DELETE", "/users/{user_id}/profile_image", deleteProfileImage)
	serve("GET", "/users/{user_id}/oauth_access_tokens/{provider}", listOAuthTokens)
	serve("DELETE", "/users/{user_id}/external_accounts/{external_account_id}", deleteExternalAccount)
	serve("GET", "/users/{user_id}/organization_memberships", listMemberships)
	serve("GET", "/users/{user_id}/organization_invitations", listInvitations)

	serve("POST", "/email_addresses/{id}/prepare_verification", prepareEmailVerification)
	serve("POST", "/email_addresses/{id}/attempt_verification", attemptEmailVerification)
	serve("POST", "/phone_numbers/{id}/prepare_verification", preparePhoneVerification)
	serve("POST", "/phone_numbers/{id}/attempt_verification", attemptPhoneVerification)
}
