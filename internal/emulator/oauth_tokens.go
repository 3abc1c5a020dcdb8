// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OAuthToken is the access token that Clerk holds for a connected account.
type OAuthToken struct {
	// Token is the access token itself.
	Token string `json:"token"`
	// IDToken is the token of a provider of OpenID Connect; "" for none.
	IDToken string `json:"id_token,omitempty"`
	// TokenSecret makes it a token of OAuth 1, which has no scopes; "" means OAuth 2.
	TokenSecret string `json:"token_secret,omitempty"`
	// ExpiresAt is when it expires, in Unix milliseconds; nil means never.
	ExpiresAt *int64 `json:"expires_at"`
	// Refresh is the result of a refresh after it expired; "" means RefreshSucceeds.
	Refresh TokenRefresh `json:"refresh,omitempty"`
	// Refreshed counts how often it was refreshed.
	Refreshed int `json:"refreshed"`
}

// TokenRefresh is the provider's answer when Clerk requests a new token.
type TokenRefresh string

const (
	// RefreshSucceeds returns a new token that is valid for an hour.
	RefreshSucceeds TokenRefresh = ""
	// RefreshImpossible means that the provider gave no refresh token: 400 external_account_missing_refresh_token.
	RefreshImpossible TokenRefresh = "impossible"
	// RefreshRefused means that the provider gives no new token: 400 oauth_token_retrieval_error.
	RefreshRefused TokenRefresh = "refused"
)

// refreshedTokenLasts is how long a refreshed token is valid.
const refreshedTokenLasts = time.Hour

// String prevents that tokens are printed with structures; they are read field by field.
func (OAuthToken) String() string { return "(oauth token)" }

// GoString does the same for %#v.
func (OAuthToken) GoString() string { return "(oauth token)" }

// expired reports whether the token is no longer valid.
func (t *OAuthToken) expired(now time.Time) bool {
	return t.ExpiresAt != nil && *t.ExpiresAt <= millis(now)
}

// refresh exchanges the token for a new one.
func (t *OAuthToken) refresh(now time.Time) error {
	switch t.Refresh {
	case RefreshSucceeds:
		t.Token, t.ExpiresAt = "refreshed_"+randomToken(), new(millis(now.Add(refreshedTokenLasts)))
		t.Refreshed++
		return nil
	case RefreshImpossible:
		return refuse(http.StatusBadRequest, "external_account_missing_refresh_token", "Missing refresh token",
			"The token has expired and the provider gave no refresh token.")
	default:
		return refuse(http.StatusBadRequest, "oauth_token_retrieval_error", "Token retrieval failed",
			"The provider did not give a new token.")
	}
}

// oauthTokenDocument is an element of Clerk's schema OAuthAccessToken.
type oauthTokenDocument struct {
	Object            string         `json:"object"`
	ExternalAccountID string         `json:"external_account_id"`
	ProviderUserID    string         `json:"provider_user_id"`
	Token             string         `json:"token"`
	ExpiresAt         *int64         `json:"expires_at"`
	Provider          string         `json:"provider"`
	PublicMetadata    map[string]any `json:"public_metadata"`
	Label             *string        `json:"label"`
	Scopes            []string       `json:"scopes,omitzero"`
	IDToken           string         `json:"id_token,omitempty"`
	TokenSecret       string         `json:"token_secret,omitempty"`
}

func (a *ExternalAccount) tokenDocument() oauthTokenDocument {
	document := oauthTokenDocument{
		Object: "oauth_access_token", ExternalAccountID: a.accountID(), ProviderUserID: a.ProviderUserID,
		Token: a.Token.Token, ExpiresAt: a.Token.ExpiresAt, Provider: a.Provider,
		PublicMetadata: a.PublicMetadata, Label: a.Label, IDToken: a.Token.IDToken, TokenSecret: a.Token.TokenSecret,
	}
	if document.TokenSecret == "" {
		document.Scopes = notNil(strings.Fields(a.ApprovedScopes))
	}
	return document
}

// listOAuthTokens returns the tokens of the user's accounts at a provider; none for a user without such an account. A
// refreshed token is stored, which is no change of the user.
func listOAuthTokens(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	values := c.request.URL.Query()
	if err := refuseUnknown(values, "paginated", "limit", "offset"); err != nil {
		return nil, err
	}
	if !c.offersProvider(c.id("provider")) {
		return nil, refuse(http.StatusNotFound, "oauth_token_provider_not_enabled", "OAuth provider not enabled",
			"This provider is not enabled for the instance.")
	}
	documents, err := c.freshTokens(u, c.id("provider"))
	if err != nil {
		return nil, err
	}
	shown, err := sublist(values, documents)
	if err != nil {
		return nil, err
	}
	switch paginated, err := strconv.ParseBool(values.Get("paginated")); {
	case values.Get("paginated") == "":
		return shown, nil
	case err != nil:
		return nil, unprocessable(invalidValue("paginated"))
	case paginated:
		return listPage[oauthTokenDocument]{Data: shown, TotalCount: len(documents)}, nil
	}
	return shown, nil
}

// freshTokens returns the tokens of the user's accounts at the provider, after a refresh of expired ones. If one
// account's token is not available, the whole request fails.
func (c *call) freshTokens(u *User, provider string) ([]oauthTokenDocument, error) {
	fresh, refreshed := clone(u), false
	documents := []oauthTokenDocument{}
	for n := range fresh.ExternalAccounts {
		a := &fresh.ExternalAccounts[n]
		switch {
		case a.Provider != provider:
			continue
		case a.Token == nil:
			return nil, unprocessable(errorEntry{
				Code: "oauth_missing_access_token", Message: "Missing OAuth access token",
				LongMessage: "There is no token for the account.",
			})
		case a.Token.expired(c.now):
			if err := a.Token.refresh(c.now); err != nil {
				return nil, err
			}
			refreshed = true
		}
		documents = append(documents, a.tokenDocument())
	}
	if refreshed {
		c.instance.store.put(fresh, c.now, c.settings().ListLag)
	}
	return documents, nil
}

// offersProvider reports whether the instance has the provider enabled.
func (c *call) offersProvider(provider string) bool {
	if enabled := c.settings().OAuthProviders; enabled != nil {
		return slices.Contains(enabled, provider)
	}
	for _, r := range c.instance.store.records {
		if r.user != nil && slices.ContainsFunc(r.user.ExternalAccounts, func(a ExternalAccount) bool { return a.Provider == provider }) {
			return true
		}
	}
	return false
}
