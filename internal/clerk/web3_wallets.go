// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "context"

// DeleteWeb3Wallet takes a wallet from a user. Clerk refuses it for the last way in. IsNotFound is true of the error if the user
// has no such wallet.
func (c *Client) DeleteWeb3Wallet(ctx context.Context, userID, walletID string) error {
	return c.deletePart(ctx, userID, "/web3_wallets", walletID)
}
