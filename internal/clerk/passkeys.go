// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "context"

// DeletePasskey removes a passkey from a user; Clerk notifies the user by e-mail. IsNotFound is true for the error if
// the user has no such passkey.
func (c *Client) DeletePasskey(ctx context.Context, userID, passkeyID string) error {
	return c.deletePart(ctx, OperationDeletePasskey, userID, "/passkeys", passkeyID)
}
