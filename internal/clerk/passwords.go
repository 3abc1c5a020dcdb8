// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// RemovePassword removes the password of a user, even if it is the last way to sign in. Sessions continue unless
// signOutOfOtherSessions is true. It changes nothing for a user without a password.
func (c *Client) RemovePassword(ctx context.Context, userID string, signOutOfOtherSessions bool) (*User, error) {
	return c.user(ctx, endpoint{OperationRemovePassword, http.MethodPost}, userID, "/remove_password", &removePasswordParams{SignOut: signOutOfOtherSessions})
}

// SetPasswordCompromised makes a user choose another password at the next sign-in. Sessions continue unless
// revokeSessions is true.
func (c *Client) SetPasswordCompromised(ctx context.Context, userID string, revokeSessions bool) (*User, error) {
	return c.user(ctx, endpoint{OperationSetPasswordCompromised, http.MethodPost}, userID, "/password/set_compromised", &compromisedParams{RevokeSessions: revokeSessions})
}

// UnsetPasswordCompromised lets a user keep the password. A user who has to choose another password because of a
// reserved address still has to.
func (c *Client) UnsetPasswordCompromised(ctx context.Context, userID string) (*User, error) {
	return c.user(ctx, endpoint{OperationUnsetPasswordCompromised, http.MethodPost}, userID, "/password/unset_compromised", nil)
}

// removePasswordParams are parameters that the SDK lacks. All of them are always sent, because the body may be absent
// but not null.
type removePasswordParams struct {
	clerksdk.APIParams
	SignOut bool `json:"sign_out_of_other_sessions"`
}

// compromisedParams are parameters that the SDK lacks.
type compromisedParams struct {
	clerksdk.APIParams
	RevokeSessions bool `json:"revoke_all_sessions"`
}
