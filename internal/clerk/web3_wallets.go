// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "context"

// DeleteWeb3Wallet removes a wallet from a user. Clerk refuses to remove the last way to sign in. IsNotFound is true
// for the error if the user has no such wallet.
func (c *Client) DeleteWeb3Wallet(ctx context.Context, userID, walletID string) error {
	return c.deletePart(ctx, OperationDeleteWeb3Wallet, userID, "/web3_wallets", walletID)
}
