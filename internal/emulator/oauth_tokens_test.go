// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// token is an access token as the API shows it.
type token struct {
	Object            string
	ExternalAccountID string `json:"external_account_id"`
	ProviderUserID    string `json:"provider_user_id"`
	Token             string
	ExpiresAt         *int64 `json:"expires_at"`
	Provider          string
	PublicMetadata    map[string]any `json:"public_metadata"`
	Label             *string
	Scopes            []string
	IDToken           string `json:"id_token"`
	TokenSecret       string `json:"token_secret"`
}

func (a answer) tokens() []token {
	a.t.Helper()
	var tokens []token
	a.ok().decode(&tokens)
	return tokens
}

func at(t time.Time) *int64 { return new(t.UnixMilli()) }

func TestOAuthTokensOfEveryAccountAreAnswered(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{Username: new("somebody"), ExternalAccounts: []emulator.ExternalAccount{
		{
			Provider: "oauth_google", ProviderUserID: "g1", ApprovedScopes: "openid email", Label: new("work"),
			PublicMetadata: map[string]any{"a": "b"},
			Token:          &emulator.OAuthToken{Token: "google-token", IDToken: "google-id", ExpiresAt: at(noon.Add(time.Minute))},
		},
		{Provider: "oauth_github", ProviderUserID: "h1", Token: &emulator.OAuthToken{Token: "hub-token"}},
		{Provider: "oauth_google", ProviderUserID: "g2", Token: &emulator.OAuthToken{Token: "second-token"}},
		{
			Provider: "oauth_twitter", ProviderUserID: "t1", ApprovedScopes: "read",
			Token: &emulator.OAuthToken{Token: "old-token", TokenSecret: "old-secret"},
		},
	}})
	accounts := c.instance.User(u.ID).ExternalAccounts
	path := "/users/" + u.ID + "/oauth_access_tokens/"
	google := []token{
		{
			Object: "oauth_access_token", ExternalAccountID: accounts[0].ExternalAccountID, ProviderUserID: "g1", Token: "google-token",
			ExpiresAt: at(noon.Add(time.Minute)), Provider: "oauth_google", PublicMetadata: map[string]any{"a": "b"}, Label: new("work"),
			Scopes: []string{"openid", "email"}, IDToken: "google-id",
		},
		{
			Object: "oauth_access_token", ExternalAccountID: accounts[2].ExternalAccountID, ProviderUserID: "g2", Token: "second-token",
			Provider: "oauth_google", PublicMetadata: map[string]any{}, Scopes: []string{},
		},
	}
	if diff := cmp.Diff(google, c.send("GET", path+"oauth_google", nil).tokens()); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if got := c.send("GET", path+"oauth_github", nil).tokens(); len(got) != 1 || got[0].ExternalAccountID != accounts[1].ID ||
		got[0].Token != "hub-token" {
		t.Errorf("tokens %+v", got)
	}
	if got := c.send("GET", path+"oauth_twitter", nil).tokens(); len(got) != 1 || got[0].TokenSecret != "old-secret" ||
		got[0].Scopes != nil {
		t.Errorf("tokens of OAuth 1 %+v", got)
	}
	var page struct {
		Data       []token
		TotalCount int `json:"total_count"`
	}
	c.send("GET", path+"oauth_google?paginated=true&limit=1&offset=1", nil).ok().decode(&page)
	if diff := cmp.Diff(google[1:], page.Data); diff != "" || page.TotalCount != 2 {
		t.Errorf("%d tokens in all, page (-want +got):\n%s", page.TotalCount, diff)
	}
	if got := c.send("GET", path+"oauth_google?paginated=false&limit=1", nil).tokens(); len(got) != 1 || got[0].Token != "google-token" {
		t.Errorf("tokens %+v", got)
	}
}

func TestOAuthTokenRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	expired := at(noon)
	with := func(token *emulator.OAuthToken) string {
		u := c.instance.Seed(emulator.User{ExternalAccounts: []emulator.ExternalAccount{{Provider: "oauth_google", Token: token}}})
		return "/users/" + u.ID + "/oauth_access_tokens/oauth_google"
	}
	nobody := c.create(m{"username": "somebody"})
	path := "/users/" + nobody.ID + "/oauth_access_tokens/oauth_google"
	c.send("GET", path, nil).refused(http.StatusNotFound, "oauth_token_provider_not_enabled")
	c.send("GET", "/users/user_x/oauth_access_tokens/oauth_google", nil).refused(http.StatusNotFound, "resource_not_found")
	c.send("GET", with(nil), nil).refused(422, "oauth_missing_access_token")
	if got := c.send("GET", path, nil).tokens(); got == nil || len(got) != 0 {
		t.Errorf("tokens of a user without an account: %v", got)
	}
	c.send("GET", with(&emulator.OAuthToken{Token: "x", ExpiresAt: expired, Refresh: emulator.RefreshRefused}), nil).
		refused(http.StatusBadRequest, "oauth_token_retrieval_error")
	c.send("GET", with(&emulator.OAuthToken{Token: "x", ExpiresAt: expired, Refresh: emulator.RefreshImpossible}), nil).
		refused(http.StatusBadRequest, "external_account_missing_refresh_token")
	lasting := at(noon.Add(time.Millisecond))
	c.send("GET", with(&emulator.OAuthToken{Token: "x", ExpiresAt: lasting, Refresh: emulator.RefreshImpossible}), nil).ok()
	for _, query := range []string{"limit=0", "limit=501", "offset=-1", "paginated=maybe"} {
		param, _, _ := strings.Cut(query, "=")
		c.send("GET", path+"?"+query, nil).refused(422, "form_param_value_invalid/"+param)
	}
	c.send("GET", path+"?scopes=x", nil).refused(422, "form_param_unknown/scopes")

	c.instance.Configure(func(s *emulator.Settings) { s.OAuthProviders = []string{"oauth_github"} })
	c.send("GET", path, nil).refused(http.StatusNotFound, "oauth_token_provider_not_enabled")
	if got := c.send("GET", "/users/"+nobody.ID+"/oauth_access_tokens/oauth_github", nil).tokens(); len(got) != 0 {
		t.Errorf("tokens of a user without an account: %v", got)
	}
}

func TestExpiredOAuthTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{ExternalAccounts: []emulator.ExternalAccount{{
		Provider: "oauth_google", Token: &emulator.OAuthToken{Token: "first", ExpiresAt: at(noon.Add(time.Minute))},
	}}})
	path := "/users/" + u.ID + "/oauth_access_tokens/oauth_google"
	if got := c.send("GET", path, nil).tokens()[0]; got.Token != "first" {
		t.Errorf("refreshed before it expired: %+v", got)
	}
	c.server.Clock().Advance(time.Minute)
	fresh := c.send("GET", path, nil).tokens()[0]
	if fresh.Token == "first" || *fresh.ExpiresAt != *at(noon.Add(time.Minute + time.Hour)) {
		t.Errorf("refreshed %+v", fresh)
	}
	if again := c.send("GET", path, nil).tokens()[0]; again.Token != fresh.Token {
		t.Errorf("a token that holds was exchanged: %+v", again)
	}
	after := c.instance.User(u.ID)
	if kept := after.ExternalAccounts[0].Token; kept.Refreshed != 1 || kept.Token != fresh.Token || after.UpdatedAt != u.UpdatedAt {
		t.Errorf("kept token, refreshed %d times, user updated %d after %d", kept.Refreshed, after.UpdatedAt, u.UpdatedAt)
	}
}

func TestOAuthTokenIsNeverPrinted(t *testing.T) {
	t.Parallel()
	token := emulator.OAuthToken{Token: "canary", IDToken: "canary", TokenSecret: "canary"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, token) + fmt.Sprintf(verb, &token); strings.Contains(got, "canary") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
