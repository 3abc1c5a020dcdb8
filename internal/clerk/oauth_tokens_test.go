// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const tokenJSON = `{"object":"oauth_access_token","external_account_id":"eac_1","provider_user_id":"9","token":"ya29.token",
	"expires_at":1700690400000,"provider":"oauth_google","public_metadata":{},"label":null,"scopes":["email","profile"],
	"id_token":"ey.id","token_secret":"s3cret"}`

func testToken() OAuthAccessToken {
	return OAuthAccessToken{
		ExternalAccountID: "eac_1", Provider: "oauth_google", Token: NewSecret("ya29.token"), TokenSecret: NewSecret("s3cret"), IDToken: NewSecret("ey.id"),
		Scopes: []string{"email", "profile"}, ExpiresAt: time.Date(2023, 11, 22, 22, 0, 0, 0, time.UTC),
	}
}

func TestOAuthAccessTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		want   []OAuthAccessToken
	}{
		"Page":      {`{"data":[` + tokenJSON + `],"total_count":1}`, []OAuthAccessToken{testToken()}},
		"BareArray": {" [" + tokenJSON + "]", []OAuthAccessToken{testToken()}},
		"None":      {`{"data":[],"total_count":0}`, nil},
		"BareNone":  {"[]", nil},
		"BareMinimum": {
			`[{"external_account_id":"eac_2","token":"t","provider":"google","expires_at":null}]`,
			[]OAuthAccessToken{{ExternalAccountID: "eac_2", Token: NewSecret("t"), Provider: "google"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := newStub(t, answering(http.StatusOK, test.answer))
			got, err := newTestClient(t, clerk.URL).OAuthAccessTokens(t.Context(), testUserID, "oauth_google")
			if err != nil || !cmp.Equal(test.want, got) {
				t.Errorf("got %d tokens, %v, want %d equal ones", len(got), err, len(test.want))
			}
			sent := clerk.only(t)
			if sent.method != http.MethodGet || sent.path != "/v1/users/"+testUserID+"/oauth_access_tokens/oauth_google" {
				t.Errorf("sent %s %s", sent.method, sent.path)
			}
			checkQuery(t, sent, url.Values{"paginated": {"true"}, "limit": {"500"}, "offset": {"0"}})
			checkBody(t, sent, "")
		})
	}
}

func TestAllPagesOfTokensAreRead(t *testing.T) {
	t.Parallel()
	full := strings.Repeat(tokenJSON+",", maxListLimit-1) + tokenJSON
	clerk := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		data := full
		if offset, _ := strconv.Atoi(r.URL.Query().Get("offset")); offset >= 2*maxListLimit {
			data = tokenJSON
		}
		answering(http.StatusOK, `{"data":[`+data+`],"total_count":1001}`)(w, r)
	})
	tokens, err := newTestClient(t, clerk.URL).OAuthAccessTokens(t.Context(), testUserID, "oauth_google")
	if err != nil || len(tokens) != 2*maxListLimit+1 || len(clerk.received()) != 3 {
		t.Errorf("%d tokens in %d calls, %v", len(tokens), len(clerk.received()), err)
	}
	endless := newStub(t, answering(http.StatusOK, "["+full+"]"))
	if _, err := newTestClient(t, endless.URL).OAuthAccessTokens(t.Context(), testUserID, "oauth_google"); err == nil {
		t.Error("pages without end are believed")
	}
	if n := len(endless.received()); n != maxTokenPages {
		t.Errorf("%d pages were asked for, want %d", n, maxTokenPages)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"Null": "null", "EmptyObject": "{}", "NullInList": "[null]", "NoToken": `[{"external_account_id":"eac_1"}]`,
		"BadAccount": `[{"external_account_id":"../x","token":"t0ken-canary"}]`, "NumberAsToken": `[{"token":17}]`,
	} {
		clerk := newStub(t, answering(http.StatusOK, answer))
		_, err := newTestClient(t, clerk.URL).OAuthAccessTokens(t.Context(), testUserID, "oauth_google")
		if _, ok := errors.AsType[*malformedError](err); !ok || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an answer that is not usable", name, err)
		}
	}
}

func TestProvidersThatAreNeverAsked(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, "http://127.0.0.1:1", withOneToken)
	for _, provider := range []string{"", "..", "a/b", "oauth_google?x", "Oauth_google", "oauth-google", "oauth_google\n"} {
		if _, err := c.OAuthAccessTokens(t.Context(), testUserID, provider); err == nil {
			t.Errorf("%q is accepted", provider)
		}
	}
	expectNoTokenUsed(t, c)
}

func TestProviderNotConnected(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		code   string
		want   bool
	}{
		"ProviderSwitchedOff":   {404, "oauth_token_provider_not_enabled", true},
		"NoAccount":             {404, "external_account_not_found", true},
		"NoToken":               {422, "oauth_missing_access_token", true},
		"NoRefreshToken":        {422, "oauth_missing_refresh_token", true},
		"AccountCannotRefresh":  {400, "external_account_missing_refresh_token", true},
		"ProviderDoesNotAnswer": {400, "oauth_token_retrieval_error", false},
		"NoUser":                {404, "resource_not_found", false},
		"ServerError":           {500, "external_account_not_found", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, newStub(t, answering(test.status, errorJSON(test.code, ""))).URL)
			_, err := c.OAuthAccessTokens(t.Context(), testUserID, "oauth_google")
			if err == nil || ProviderNotConnected(fmt.Errorf("asking: %w", err)) != test.want {
				t.Errorf("not connected: %t, want %t, of %v", !test.want, test.want, err)
			}
			if AnswerLost(err) {
				t.Error("a read is taken for a write")
			}
		})
	}
	if ProviderNotConnected(nil) {
		t.Error("no error means that something is not connected")
	}
}

func TestNothingPrintsAToken(t *testing.T) {
	t.Parallel()
	token := testToken()
	for _, value := range []any{token, &token, []OAuthAccessToken{token}, struct{ T OAuthAccessToken }{token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			checkNoToken(t, fmt.Sprintf(verb, value))
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Error(err)
		}
		checkNoToken(t, string(text))
	}
}

func checkNoToken(t *testing.T, text string) {
	t.Helper()
	for _, part := range []string{"ya29", "s3cret", "ey.id", "eac_1", "profile", "796132392e"} {
		if strings.Contains(text, part) {
			t.Errorf("%q tells %q", text, part)
		}
	}
}

// Only Clerk knows the token, so its text is not repeated at all.
func TestARefusalToGiveATokenIsNotQuoted(t *testing.T) {
	t.Parallel()
	echo := `{"errors":[{"code":"ya29token","message":"ya29 token","long_message":"expired: ya29 token","meta":{"param_name":"ya29"}}]}`
	c := newTestClient(t, newStub(t, answering(400, echo)).URL)
	if _, err := c.OAuthAccessTokens(t.Context(), testUserID, "oauth_google"); err == nil || err.Error() != "clerk answered 400" {
		t.Errorf("got %v", err)
	}
}
