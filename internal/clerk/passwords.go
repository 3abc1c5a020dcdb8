// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// RemovePassword takes the password from a user, even if it is the last way in. Sessions go on unless
// signOutOfOtherSessions. It changes nothing for a user without one.
func (c *Client) RemovePassword(ctx context.Context, userID string, signOutOfOtherSessions bool) (*User, error) {
	return c.user(ctx, http.MethodPost, userID, "/remove_password", &removePasswordParams{SignOut: signOutOfOtherSessions})
}

// SetPasswordCompromised makes a user choose another password at the next sign-in. Sessions go on unless revokeSessions.
func (c *Client) SetPasswordCompromised(ctx context.Context, userID string, revokeSessions bool) (*User, error) {
	return c.user(ctx, http.MethodPost, userID, "/password/set_compromised", &compromisedParams{RevokeSessions: revokeSessions})
}

// UnsetPasswordCompromised lets a user keep the password. Whoever has to choose another one for the sake of a reserved address
// has to nevertheless.
func (c *Client) UnsetPasswordCompromised(ctx context.Context, userID string) (*User, error) {
	return c.user(ctx, http.MethodPost, userID, "/password/unset_compromised", nil)
}

// removePasswordParams are parameters that the SDK lacks. Nothing is left out of them, for the body may be absent but not null.
type removePasswordParams struct {
	clerksdk.APIParams
	SignOut bool `json:"sign_out_of_other_sessions"`
}

// compromisedParams are parameters that the SDK lacks.
type compromisedParams struct {
	clerksdk.APIParams
	RevokeSessions bool `json:"revoke_all_sessions"`
}
