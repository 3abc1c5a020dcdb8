// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// resolveTarget finds the id of the thing that the spec means of those that the user has; "" for actions on the user as a
// whole. What has an id is looked for by Clerk, which may have something that it does not show.
func resolveTarget(spec *v1alpha1.ClerkUserActionSpec, observed *clerk.User) (string, error) {
	switch {
	case spec.DeletePasskey != nil:
		return spec.DeletePasskey.ID, nil
	case spec.RevokeTrustedDevice != nil:
		return spec.RevokeTrustedDevice.ID, nil
	case spec.DeleteWeb3Wallet != nil:
		return resolveWallet(spec.DeleteWeb3Wallet, observed)
	case spec.DeleteExternalAccount != nil:
		return resolveAccount(spec.DeleteExternalAccount, observed)
	}
	return "", nil
}

func resolveWallet(ref *v1alpha1.WalletDeletion, observed *clerk.User) (string, error) {
	if ref.ID != nil {
		return *ref.ID, nil
	}
	var found []string
	for _, wallet := range observed.Web3Wallets {
		if clerk.FoldWallet(wallet.Address) == clerk.FoldWallet(*ref.Address) {
			found = append(found, wallet.ID)
		}
	}
	return onlyOne(v1alpha1.ActionDeleteWeb3Wallet, found)
}

func resolveAccount(ref *v1alpha1.ExternalAccountDeletion, observed *clerk.User) (string, error) {
	if ref.ID != nil {
		return *ref.ID, nil
	}
	var found []string
	for _, account := range observed.ExternalAccounts {
		if sameProvider(account.Provider, *ref.Provider) {
			found = append(found, account.ID)
		}
	}
	return onlyOne(v1alpha1.ActionDeleteExternalAccount, found)
}

// sameProvider compares names of providers, with or without the prefix that all of them have.
func sameProvider(a, b string) bool { return withoutStrategy(a) == withoutStrategy(b) }

func withoutStrategy(provider string) string { return strings.TrimPrefix(provider, strategy) }

func onlyOne(actionType v1alpha1.ActionType, found []string) (string, error) {
	switch len(found) {
	case 0:
		return "", errNothingThere
	case 1:
		return found[0], nil
	default:
		return "", severalThere(actionType, found)
	}
}
