// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Entries of the Secret for a token.
const (
	entryToken       = "token"
	entryProvider    = "provider"
	entryScopes      = "scopes"
	entryTokenSecret = "token-secret"
	entryIDToken     = "id-token"
	entryExpiresAt   = "expires-at"
)

// strategy begins Clerk's names of providers, where a token is asked for.
const strategy = "oauth_"

// getOAuthAccessToken asks for the user's token and puts it into the Secret. Of several accounts at the provider it is the
// first one's, in Clerk's order.
func (p *pass) getOAuthAccessToken(ctx context.Context) (answer, error) {
	provider := strategy + withoutStrategy(p.action.Spec.GetOAuthAccessToken.Provider)
	tokens, err := p.client.OAuthAccessTokens(ctx, p.userID, provider)
	if clerk.ProviderNotConnected(err) || err == nil && len(tokens) == 0 {
		return answer{}, notConnected(provider)
	}
	if err != nil {
		return answer{}, err
	}
	if !p.holdsAccount(tokens[0].ExternalAccountID) {
		return answer{}, errOthersToken
	}
	if err := p.writeOutput(ctx, entriesOf(tokens[0])); err != nil {
		return answer{}, err
	}
	return answer{
		result:  &v1alpha1.ActionResult{SecretName: p.outputName()},
		message: "the token for " + provider + " is in Secret " + p.outputName(),
	}, nil
}

// errOthersToken: the token is of an account that the user does not have, so the answer was to another call, or the account was
// connected after the user was read.
var errOthersToken = errors.New("the token in Clerk's answer is not of an account of the user")

// holdsAccount reports whether the user has the account with an id. Clerk shows some accounts by the id of an identification
// only, so that a user who has one of those may have any.
func (p *pass) holdsAccount(id string) bool {
	return id == "" || slices.ContainsFunc(p.observed.ExternalAccounts, func(a clerk.ExternalAccount) bool {
		return a.ID == id || !strings.HasPrefix(a.ID, accountPrefix)
	})
}

// accountPrefix begins the ids of connected accounts.
const accountPrefix = "eac_"

// entriesOf are the entries for a token. What it does not have has no entry.
func entriesOf(token clerk.OAuthAccessToken) map[string][]byte {
	entries := map[string][]byte{
		entryToken:    []byte(token.Token),
		entryProvider: []byte(token.Provider),
		entryScopes:   []byte(strings.Join(token.Scopes, " ")),
	}
	if token.TokenSecret != "" {
		entries[entryTokenSecret] = []byte(token.TokenSecret)
	}
	if token.IDToken != "" {
		entries[entryIDToken] = []byte(token.IDToken)
	}
	if !token.ExpiresAt.IsZero() {
		entries[entryExpiresAt] = []byte(token.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return entries
}
