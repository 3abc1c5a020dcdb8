// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "context"

// DeletePasskey takes a passkey from a user, whom Clerk tells so by e-mail. IsNotFound is true of the error if the user has no
// such passkey.
func (c *Client) DeletePasskey(ctx context.Context, userID, passkeyID string) error {
	return c.deletePart(ctx, userID, "/passkeys", passkeyID)
}
