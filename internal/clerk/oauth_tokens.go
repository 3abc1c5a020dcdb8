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

// maxTokenPages is how many pages of tokens are read: nobody has thousands of accounts at a provider.
const maxTokenPages = 10

// OAuthAccessToken lets its bearer act for a user at a provider. Nothing of it is printed.
type OAuthAccessToken struct {
	Unprintable

	// ExternalAccountID is the id of the ExternalAccount that it is for, Provider Clerk's name of the provider.
	ExternalAccountID, Provider string
	// Token is the access token itself.
	Token Secret
	// TokenSecret is there for OAuth 1.0 only, IDToken for OpenID Connect only; else they are empty.
	TokenSecret, IDToken Secret
	// Scopes are what the token is good for; nil where the provider does not say.
	Scopes []string
	// ExpiresAt is zero for a token that does not expire or of which that is not known.
	ExpiresAt time.Time
}

// OAuthAccessTokens returns the tokens of all of the user's accounts at a provider, named as Clerk names it, for instance
// oauth_google. Clerk renews an expired one at the provider before. ProviderNotConnected is true of the error if there is no
// account that works; there may also be none without an error.
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
		if err := c.call(ctx, http.MethodGet, path, params, answer); err != nil {
			return nil, err
		}
		tokens = append(tokens, answer.canonical...)
		if len(answer.canonical) < maxListLimit {
			return tokens, nil
		}
	}
	return nil, &malformedError{problem: "its pages do not end"}
}

// withoutStrategy is the name of a provider without what all of them begin with; that an answer has it is not promised.
func withoutStrategy(provider string) string { return strings.TrimPrefix(provider, "oauth_") }

var providerShape = regexp.MustCompile(`^[a-z0-9_]+$`)

// tokenParams ask for pages, as the SDK does in the path. A refusal is not quoted: it may tell a token that nobody but Clerk
// knows.
type tokenParams struct {
	clerksdk.APIParams
	clerksdk.ListParams
}

func (p *tokenParams) quiet() {}

// ToQuery returns the query for the page.
func (p *tokenParams) ToQuery() url.Values {
	query := p.ListParams.ToQuery()
	query.Set("paginated", "true")
	return query
}

type tokensAnswer struct {
	pagedAnswer[oauthToken]
	// asked is the provider that the tokens are of.
	asked     string
	canonical []OAuthAccessToken
}

// oauthToken is a token as Clerk sends it; the SDK's type lacks some of it.
type oauthToken struct {
	ExternalAccountID string   `json:"external_account_id"`
	Provider          string   `json:"provider"`
	Token             string   `json:"token"`
	TokenSecret       string   `json:"token_secret"`
	IDToken           string   `json:"id_token"`
	Scopes            []string `json:"scopes"`
	ExpiresAt         *int64   `json:"expires_at"`
}

// UnmarshalJSON reads a page, or the bare array that is documented.
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
