// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// aim finds the id of what is meant of the things that the user has. One that is named otherwise than by its id has to be
// there, and to be the only one.
func (p *pass) aim(context.Context) error {
	spec := &p.action.Spec
	switch {
	case spec.DeletePasskey != nil:
		p.target = spec.DeletePasskey.ID
	case spec.RevokeTrustedDevice != nil:
		p.target = spec.RevokeTrustedDevice.ID
	case spec.DeleteWeb3Wallet != nil:
		return p.aimAtWallet(spec.DeleteWeb3Wallet)
	case spec.DeleteExternalAccount != nil:
		return p.aimAtAccount(spec.DeleteExternalAccount)
	}
	return nil
}

func (p *pass) aimAtWallet(ref *v1alpha1.WalletDeletion) error {
	if ref.ID != nil {
		p.target = *ref.ID
		return nil
	}
	var hits []string
	for _, wallet := range p.observed.Web3Wallets {
		if clerk.FoldWallet(wallet.Address) == clerk.FoldWallet(*ref.Address) {
			hits = append(hits, wallet.ID)
		}
	}
	return p.aimAtOnly(hits)
}

func (p *pass) aimAtAccount(ref *v1alpha1.ExternalAccountDeletion) error {
	if ref.ID != nil {
		p.target = *ref.ID
		return nil
	}
	var hits []string
	for _, account := range p.observed.ExternalAccounts {
		if sameProvider(account.Provider, *ref.Provider) {
			hits = append(hits, account.ID)
		}
	}
	return p.aimAtOnly(hits)
}

// sameProvider compares names of providers, with or without what all of them begin with.
func sameProvider(a, b string) bool { return withoutStrategy(a) == withoutStrategy(b) }

func withoutStrategy(provider string) string { return strings.TrimPrefix(provider, strategy) }

func (p *pass) aimAtOnly(hits []string) error {
	switch len(hits) {
	case 0:
		return errNothingThere
	case 1:
		p.target = hits[0]
		return nil
	default:
		return severalThere(p.actionType, hits)
	}
}
