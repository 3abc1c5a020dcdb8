// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// maxTokenPages is how many pages of tokens are read, because nobody has thousands of accounts at a provider.
const maxTokenPages = 10

// OAuthAccessToken lets its bearer act for a user at a provider. It is never printed.
type OAuthAccessToken struct {
	Unprintable

	// ExternalAccountID is the id of its ExternalAccount. Provider is Clerk's name of the provider.
	ExternalAccountID, Provider string
	// Token is the access token itself.
	Token Secret
	// TokenSecret is present for OAuth 1.0 only, IDToken for OpenID Connect only.
	TokenSecret, IDToken Secret
	// Scopes are the scopes of the token; nil if the provider does not say.
	Scopes []string
	// ExpiresAt is zero for a token that does not expire, or whose expiry is unknown.
	ExpiresAt time.Time
}

// OAuthAccessTokens returns the tokens of all of the user's accounts at a provider. The provider has Clerk's name, for
// instance oauth_google. Clerk first renews expired tokens at the provider. ProviderNotConnected is true for the error
// if there is no working account. The result may also be empty without an error.
func (c *Client) OAuthAccessTokens(ctx context.Context, userID, provider string) ([]OAuthAccessToken, error) {
	if !providerShape.MatchString(provider) {
		return nil, fmt.Errorf("%.64q is not the name of a provider at Clerk", provider)
	}
	path, err := userPathOf(userID, "/oauth_access_tokens/"+provider)
	if err != nil {
		return nil, err
	}
	var tokens []OAuthAccessToken
	for number := range maxTokenPages {
		answer := &tokensAnswer{asked: provider}
		params := &tokenParams{ListParams: page(maxListLimit, number*maxListLimit)}
		if err := c.call(ctx, endpoint{OperationOAuthAccessTokens, http.MethodGet}, path, params, answer); err != nil {
			return nil, err
		}
		tokens = append(tokens, answer.canonical...)
		if len(answer.canonical) < maxListLimit {
			return tokens, nil
		}
	}
	return nil, &malformedError{problem: "its pages do not end"}
}

// withoutStrategy returns the name of a provider without the common prefix, which an answer need not have.
func withoutStrategy(provider string) string { return strings.TrimPrefix(provider, "oauth_") }

var providerShape = regexp.MustCompile(`^[a-z0-9_]+$`)

// tokenParams request pages, as the SDK does in the path. A refusal is not quoted, because it may contain a token that
// only Clerk knows.
type tokenParams struct {
	clerksdk.APIParams
	clerksdk.ListParams
}

func (p *tokenParams) quiet() {}

// ToQuery returns the query of the page.
func (p *tokenParams) ToQuery() url.Values {
	query := p.ListParams.ToQuery()
	query.Set("paginated", "true")
	return query
}

type tokensAnswer struct {
	pagedAnswer[oauthToken]
	// asked is the provider of the requested tokens.
	asked     string
	canonical []OAuthAccessToken
}

// oauthToken is a token as Clerk sends it; the SDK's type lacks some fields.
type oauthToken struct {
	ExternalAccountID string   `json:"external_account_id"`
	Provider          string   `json:"provider"`
	Token             string   `json:"token"`
	TokenSecret       string   `json:"token_secret"`
	IDToken           string   `json:"id_token"`
	Scopes            []string `json:"scopes"`
	ExpiresAt         *int64   `json:"expires_at"`
}

// UnmarshalJSON decodes a page, or the documented bare array.
func (a *tokensAnswer) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, &a.pagedAnswer)
	}
	if err := unmarshalList(data, &a.Data); err != nil {
		return err
	}
	a.Total = new(int64(len(a.Data)))
	return nil
}

func (a *tokensAnswer) canonicalize() error {
	if err := a.pagedAnswer.canonicalize(); err != nil {
		return err
	}
	for _, from := range a.Data {
		if from.Token == "" || from.ExternalAccountID != "" && !partIDShape.MatchString(from.ExternalAccountID) {
			return errMissingPart
		}
		if withoutStrategy(from.Provider) != withoutStrategy(a.asked) {
			return &malformedError{problem: "it is not of the provider asked for"}
		}
		a.canonical = append(a.canonical, OAuthAccessToken{
			ExternalAccountID: from.ExternalAccountID,
			Provider:          from.Provider,
			Token:             NewSecret(from.Token),
			TokenSecret:       NewSecret(from.TokenSecret),
			IDToken:           NewSecret(from.IDToken),
			Scopes:            from.Scopes,
			ExpiresAt:         fromNullableMilliseconds(from.ExpiresAt),
		})
	}
	return nil
}
