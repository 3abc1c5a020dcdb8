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
func (s call) getOAuthAccessToken(ctx context.Context, r request) (answer, error) {
	provider := strategy + withoutStrategy(r.spec.GetOAuthAccessToken.Provider)
	tokens, err := s.clerk.OAuthAccessTokens(ctx, r.user.ID, provider)
	if clerk.ProviderNotConnected(err) || err == nil && len(tokens) == 0 {
		return answer{}, notConnected(provider)
	}
	if err != nil {
		return answer{}, err
	}
	if !hasAccount(r.user, tokens[0].ExternalAccountID) {
		return answer{}, errOthersToken
	}
	if err := s.secret.write(ctx, entriesOf(tokens[0])); err != nil {
		return answer{}, err
	}
	return answer{
		result:  &v1alpha1.ActionResult{SecretName: s.secret.name()},
		message: "the token for " + provider + " is in Secret " + s.secret.name(),
	}, nil
}

// errOthersToken: the token is of an account that the user does not have, so the answer was to another call, or the account was
// connected after the user was read.
var errOthersToken = errors.New("the token in Clerk's answer is not of an account of the user")

// hasAccount reports whether the user has the account with an id. Clerk shows some accounts by the id of an identification
// only, so that a user who has one of those may have any.
func hasAccount(user *clerk.User, id string) bool {
	return id == "" || slices.ContainsFunc(user.ExternalAccounts, func(a clerk.ExternalAccount) bool {
		return a.ID == id || !strings.HasPrefix(a.ID, accountPrefix)
	})
}

// accountPrefix begins the ids of connected accounts.
const accountPrefix = "eac_"

// entriesOf are the entries for a token. What it does not have has no entry.
func entriesOf(token clerk.OAuthAccessToken) map[string][]byte {
	entries := map[string][]byte{
		entryToken:    []byte(token.Token.Reveal()),
		entryProvider: []byte(token.Provider),
		entryScopes:   []byte(strings.Join(token.Scopes, " ")),
	}
	if !token.TokenSecret.IsEmpty() {
		entries[entryTokenSecret] = []byte(token.TokenSecret.Reveal())
	}
	if !token.IDToken.IsEmpty() {
		entries[entryIDToken] = []byte(token.IDToken.Reveal())
	}
	if !token.ExpiresAt.IsZero() {
		entries[entryExpiresAt] = []byte(token.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return entries
}
