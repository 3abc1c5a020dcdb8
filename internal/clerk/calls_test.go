// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	userBody  = `{"id":"` + testUserID + `","first_name":"Answered"}`
	emailBody = `{"id":"` + testIdnID + `","email_address":"A@example.com","verification":{"status":"verified"}}`
	phoneBody = `{"id":"` + testIdnID + `","phone_number":"+15555550100","reserved":true}`
)

// call is one call of the client, the request that it must send, the answer, and the result.
type call struct {
	make func(ctx context.Context, c *Client) (any, error)
	// method, path and body are what is sent; no body is "".
	method, path, body string
	query              url.Values
	answer             string
	want               any
}

func answeredUser() *User {
	return &User{
		ID: testUserID, FirstName: "Answered", PublicMetadata: Metadata{}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{},
	}
}

func calls() map[string]call {
	answered, users := answeredUser(), "/v1/users/"+testUserID
	email := EmailAddress{ID: testIdnID, Address: "a@example.com", Status: Verified}
	phone := PhoneNumber{ID: testIdnID, Number: "+15555550100", Status: Reserved}
	then := time.Date(2020, 1, 2, 4, 4, 5, 600, time.FixedZone("", 3600))
	return map[string]call{
		"Instance": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.Instance(ctx) },
			method: http.MethodGet, path: "/v1/instance",
			answer: `{"object":"instance","id":"ins_1","environment_type":"production","allowed_origins":null}`,
			want:   Instance{ID: "ins_1", Environment: "production"},
		},
		"CountUsers": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.CountUsers(ctx) },
			method: http.MethodGet, path: "/v1/users/count",
			answer: `{"object":"total_count","total_count":7}`, want: int64(7),
		},
		"CountNoUsers": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.CountUsers(ctx) },
			method: http.MethodGet, path: "/v1/users/count", answer: `{"total_count":0}`, want: int64(0),
		},
		"User": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.User(ctx, testUserID) },
			method: http.MethodGet, path: users, answer: userBody, want: answered,
		},
		"UsersByExternalID": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UsersBy(ctx, KindExternalID, "-x", "+y", "z")
			},
			method: http.MethodGet, path: "/v1/users",
			query:  url.Values{"external_id": {"+-x", "++y", "+z"}, "limit": {"500"}},
			answer: `[{"id":"user_1","external_id":"-x"},{"id":"user_2","external_id":"x"},{"id":"user_3","external_id":"Z"}]`,
			want:   []*User{withMetadata(&User{ID: "user_1", ExternalID: "-x"})},
		},
		"UsersByEmailAddress": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UsersBy(ctx, KindEmailAddress, "A+b@Example.com", "")
			},
			method: http.MethodGet, path: "/v1/users",
			query: url.Values{"email_address": {"A+b@Example.com"}, "limit": {"500"}},
			answer: `[{"id":"user_1","email_addresses":[{"id":"idn_1","email_address":"a+B@example.com"}]},` +
				`{"id":"user_2","email_addresses":[{"id":"idn_2","email_address":"xa+b@example.com"}]}]`,
			want: []*User{withMetadata(&User{ID: "user_1", EmailAddresses: []EmailAddress{
				{ID: "idn_1", Address: "a+b@example.com", Status: Unverified},
			}})},
		},
		"UsersByPhoneNumber": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UsersBy(ctx, KindPhoneNumber, "+15555550100")
			},
			method: http.MethodGet, path: "/v1/users",
			query:  url.Values{"phone_number": {"+15555550100"}, "limit": {"500"}},
			answer: `[{"id":"user_1","phone_numbers":[{"id":"idn_1","phone_number":"+15555550100"}]},{"id":"user_2"}]`,
			want: []*User{withMetadata(&User{ID: "user_1", PhoneNumbers: []PhoneNumber{
				{ID: "idn_1", Number: "+15555550100", Status: Unverified},
			}})},
		},
		"UsersByUsername": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UsersBy(ctx, KindUsername, "Jane") },
			method: http.MethodGet, path: "/v1/users", query: url.Values{"username": {"Jane"}, "limit": {"500"}},
			answer: `[{"id":"user_1","username":"jane"},{"id":"user_2","username":"jane2"}]`,
			want:   []*User{withMetadata(&User{ID: "user_1", Username: "jane"})},
		},
		"UsersByWallet": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UsersBy(ctx, KindWeb3Wallet, "0xAb") },
			method: http.MethodGet, path: "/v1/users", query: url.Values{"web3_wallet": {"0xAb"}, "limit": {"500"}},
			answer: `[{"id":"user_1","web3_wallets":[{"id":"idn_1","web3_wallet":"0xaB"}]}]`,
			want: []*User{withMetadata(&User{ID: "user_1", Web3Wallets: []Web3Wallet{
				{ID: "idn_1", Address: "0xab", Status: Unverified},
			}})},
		},
		"UsersByWhatNobodyHas": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UsersBy(ctx, KindUsername, "jane") },
			method: http.MethodGet, path: "/v1/users", query: url.Values{"username": {"jane"}, "limit": {"500"}},
			answer: `[]`, want: []*User(nil),
		},
		"CreateUserWithEverything": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateUser(ctx, CreateUserParams{
					ExternalID: new("e"), Username: new("u"), FirstName: new("f"), LastName: new("l"), Locale: new("en"),
					EmailAddresses: []NewIdentifier{{Value: "a@example.com"}, {Value: "b@example.com", Status: Reserved}},
					PhoneNumbers:   []NewIdentifier{{Value: "+15555550100", Status: Verified}},
					Web3Wallets:    []string{"0xab"},
					PublicMetadata: Metadata{"a": 1}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{"b": []any{"<"}},
					Banned: new(true), Locked: new(false),
					DeleteSelfEnabled: new(false), CreateOrganizationEnabled: new(true), BypassClientTrust: new(true),
					CreateOrganizationsLimit: new(int64(0)), CreatedAt: &then, LegalAcceptedAt: &then,
					SkipLegalChecks: new(true), SkipPasswordRequirement: new(true), SkipUserRequirement: new(true),
					Password: new(NewSecret("p")), PasswordDigest: new(NewSecret("d")), PasswordHasher: new("bcrypt"), SkipPasswordChecks: new(true),
					TOTPSecret: new(NewSecret("s")), BackupCodes: []Secret{NewSecret("b"), NewSecret("c")},
				})
			},
			method: http.MethodPost, path: "/v1/users",
			body: `{"external_id":"e","username":"u","first_name":"f","last_name":"l","locale":"en",
				"email_address":["a@example.com","b@example.com"],"email_address_identification_status":["verified","reserved"],
				"phone_number":["+15555550100"],"web3_wallet":["0xab"],
				"public_metadata":{"a":1},"private_metadata":{},"unsafe_metadata":{"b":["<"]},
				"banned":true,"locked":false,
				"delete_self_enabled":false,"create_organization_enabled":true,"bypass_client_trust":true,
				"create_organizations_limit":0,
				"created_at":"2020-01-02T03:04:05.0000006Z","legal_accepted_at":"2020-01-02T03:04:05.0000006Z",
				"skip_legal_checks":true,"skip_password_requirement":true,"skip_user_requirement":true,
				"password":"p","password_digest":"d","password_hasher":"bcrypt","skip_password_checks":true,
				"totp_secret":"s","backup_codes":["b","c"]}`,
			answer: `{"object":"user","id":"` + testUserID + `","external_id":"e","username":"U",
				"email_addresses":[{"id":"idn_1","email_address":"A@example.com","verification":{"status":"verified"}},
					{"id":"idn_2","email_address":"b@example.com","reserved":true}],
				"phone_numbers":[{"id":"idn_3","phone_number":"+15555550100","verification":{"status":"verified"}}],
				"web3_wallets":[{"id":"idn_4","web3_wallet":"0xAB","verification":{"status":"verified"}}]}`,
			want: &User{
				ID: testUserID, ExternalID: "e", Username: "u",
				EmailAddresses: []EmailAddress{
					{ID: "idn_1", Address: "a@example.com", Status: Verified}, {ID: "idn_2", Address: "b@example.com", Status: Reserved},
				},
				PhoneNumbers:   []PhoneNumber{{ID: "idn_3", Number: "+15555550100", Status: Verified}},
				Web3Wallets:    []Web3Wallet{{ID: "idn_4", Address: "0xab", Status: Verified}},
				PublicMetadata: Metadata{}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{},
			},
		},
		"CreateUserWithReservedNumber": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateUser(ctx, CreateUserParams{PhoneNumbers: []NewIdentifier{{Value: "+15555550100", Status: Reserved}}})
			},
			method: http.MethodPost, path: "/v1/users",
			body:   `{"phone_number":["+15555550100"],"phone_number_identification_status":["reserved"]}`,
			answer: `{"object":"user","id":"` + testUserID + `","phone_numbers":[{"id":"idn_3","phone_number":"+15555550100","reserved":true}]}`,
			want: &User{
				ID: testUserID, PhoneNumbers: []PhoneNumber{{ID: "idn_3", Number: "+15555550100", Status: Reserved}},
				PublicMetadata: Metadata{}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{},
			},
		},
		"CreateUserLeavesOutWhatIsEmpty": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateUser(ctx, CreateUserParams{
					ExternalID: new(""), Username: new(""), FirstName: new(""), LastName: new(""), Locale: new(""),
					EmailAddresses: []NewIdentifier{}, PhoneNumbers: []NewIdentifier{}, Web3Wallets: []string{},
					BackupCodes: []Secret{},
				})
			},
			method: http.MethodPost, path: "/v1/users", body: `{}`, answer: userBody, want: answered,
		},
		"UpdateUser": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateUser(ctx, testUserID, UpdateUserParams{
					ExternalID: new("e"), Username: new("u"), FirstName: new("f"), LastName: new("l"), Locale: new("en"),
					PrimaryEmailAddressID: new("idn_1"), PrimaryPhoneNumberID: new("idn_2"),
					DeleteSelfEnabled: new(true), CreateOrganizationEnabled: new(false), BypassClientTrust: new(false),
					CreateOrganizationsLimit: new(int64(3)),
					Password:                 new(NewSecret("p")), SkipPasswordChecks: new(false), SignOutOfOtherSessions: new(true),
					TOTPSecret: new(NewSecret("s")),
				})
			},
			method: http.MethodPatch, path: users,
			body: `{"external_id":"e","username":"u","first_name":"f","last_name":"l","locale":"en",
				"primary_email_address_id":"idn_1","primary_phone_number_id":"idn_2",
				"delete_self_enabled":true,"create_organization_enabled":false,"bypass_client_trust":false,
				"create_organizations_limit":3,
				"password":"p","skip_password_checks":false,"sign_out_of_other_sessions":true,"totp_secret":"s"}`,
			answer: userBody, want: answered,
		},
		"UpdateUserClears": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateUser(ctx, testUserID, UpdateUserParams{
					ExternalID: new(""), Username: new(""), FirstName: new(""), LastName: new(""), Locale: new(""),
				})
			},
			method: http.MethodPatch, path: users,
			body:   `{"external_id":null,"username":null,"first_name":null,"last_name":null,"locale":null}`,
			answer: userBody, want: answered,
		},
		"MergeMetadata": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.MergeMetadata(ctx, testUserID, MetadataParams{Public: Metadata{"a": nil, "b": map[string]any{"c": nil}}})
			},
			method: http.MethodPatch, path: users + "/metadata",
			body: `{"public_metadata":{"a":null,"b":{"c":null}}}`, answer: userBody, want: answered,
		},
		"ReplaceMetadata": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.ReplaceMetadata(ctx, testUserID, MetadataParams{Private: Metadata{}, Unsafe: Metadata{"a": 1.5}})
			},
			method: http.MethodPut, path: users + "/metadata",
			body: `{"private_metadata":{},"unsafe_metadata":{"a":1.5}}`, answer: userBody, want: answered,
		},
		"BanUser": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.BanUser(ctx, testUserID) },
			method: http.MethodPost, path: users + "/ban", answer: userBody, want: answered,
		},
		"UnbanUser": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UnbanUser(ctx, testUserID) },
			method: http.MethodPost, path: users + "/unban", answer: userBody, want: answered,
		},
		"LockUser": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.LockUser(ctx, testUserID) },
			method: http.MethodPost, path: users + "/lock", answer: userBody, want: answered,
		},
		"UnlockUser": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UnlockUser(ctx, testUserID) },
			method: http.MethodPost, path: users + "/unlock", answer: userBody, want: answered,
		},
		"DeleteUser": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DeleteUser(ctx, testUserID) },
			method: http.MethodDelete, path: users,
			answer: `{"object":"user","id":"` + testUserID + `","deleted":true}`,
		},
		"CreateEmailAddress": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateEmailAddress(ctx, CreateEmailAddressParams{UserID: testUserID, Address: "a@example.com", Verified: true, Primary: true})
			},
			method: http.MethodPost, path: "/v1/email_addresses",
			body:   `{"user_id":"` + testUserID + `","email_address":"a@example.com","verified":true,"primary":true}`,
			answer: emailBody, want: email,
		},
		"CreateEmailAddressUnverified": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateEmailAddress(ctx, CreateEmailAddressParams{UserID: testUserID, Address: "a@example.com"})
			},
			method: http.MethodPost, path: "/v1/email_addresses",
			body:   `{"user_id":"` + testUserID + `","email_address":"a@example.com","verified":false}`,
			answer: emailBody, want: email,
		},
		"UpdateEmailAddress": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdateEmailAddress(ctx, testIdnID, UpdateEmailAddressParams{Verified: new(true), Primary: new(true)})
			},
			method: http.MethodPatch, path: "/v1/email_addresses/" + testIdnID,
			body: `{"verified":true,"primary":true}`, answer: emailBody, want: email,
		},
		"DeleteEmailAddress": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DeleteEmailAddress(ctx, testIdnID) },
			method: http.MethodDelete, path: "/v1/email_addresses/" + testIdnID,
			answer: `{"object":"email_address","deleted":true}`,
		},
		"CreatePhoneNumber": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.CreatePhoneNumber(ctx, CreatePhoneNumberParams{
					UserID: testUserID, Number: "+15555550100", Verified: true, Primary: true, ReservedForSecondFactor: true,
				})
			},
			method: http.MethodPost, path: "/v1/phone_numbers",
			body: `{"user_id":"` + testUserID + `","phone_number":"+15555550100","verified":true,"primary":true,` +
				`"reserved_for_second_factor":true}`,
			answer: phoneBody, want: phone,
		},
		"UpdatePhoneNumber": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.UpdatePhoneNumber(ctx, testIdnID, UpdatePhoneNumberParams{
					Verified: new(true), Primary: new(true), ReservedForSecondFactor: new(false),
				})
			},
			method: http.MethodPatch, path: "/v1/phone_numbers/" + testIdnID,
			body: `{"verified":true,"primary":true,"reserved_for_second_factor":false}`, answer: phoneBody, want: phone,
		},
		"DeletePhoneNumber": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DeletePhoneNumber(ctx, testIdnID) },
			method: http.MethodDelete, path: "/v1/phone_numbers/" + testIdnID,
			answer: `{"object":"phone_number","id":"` + testIdnID + `","deleted":true}`,
		},
	}
}

func withMetadata(u *User) *User {
	u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata = Metadata{}, Metadata{}, Metadata{}
	return u
}

func TestCalls(t *testing.T) {
	t.Parallel()
	all := calls()
	maps.Copy(all, accountCalls())
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := newStub(t, answering(http.StatusOK, test.answer))
			got, err := test.make(t.Context(), newTestClient(t, clerk.URL))
			if err != nil {
				t.Fatalf("calling: %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			sent := clerk.only(t)
			if sent.method != test.method || sent.path != test.path {
				t.Errorf("sent %s %s, want %s %s", sent.method, sent.path, test.method, test.path)
			}
			checkQuery(t, sent, test.query)
			checkBody(t, sent, test.body)
			checkHeaders(t, sent, test.body != "")
		})
	}
}

func checkQuery(t *testing.T, sent received, want url.Values) {
	t.Helper()
	got, err := url.ParseQuery(sent.query)
	if err != nil {
		t.Fatal(err)
	}
	if want == nil {
		want = url.Values{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

func checkBody(t *testing.T, sent received, want string) {
	t.Helper()
	if len(sent.encoding) > 0 || sent.length != int64(len(sent.body)) {
		t.Errorf("the body has no proper length: %d, %v", sent.length, sent.encoding)
	}
	if want == "" {
		if sent.body != "" {
			t.Errorf("sent the body %s, want none", sent.body)
		}
		return
	}
	var wanted, got any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(sent.body), &got); err != nil {
		t.Fatalf("the body %q is not JSON: %v", sent.body, err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func checkHeaders(t *testing.T, sent received, body bool) {
	t.Helper()
	want := http.Header{
		"Authorization":     {"Bearer " + testKey},
		"Accept":            {"application/json"},
		"Accept-Encoding":   {"gzip"},
		"Clerk-Api-Version": {"2026-05-12"},
		"User-Agent":        {"clerk-operator"},
	}
	if body {
		want["Content-Type"] = []string{"application/json"}
	}
	got := sent.header.Clone()
	got.Del("Content-Length")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestCallsThatAreNeverMade(t *testing.T) {
	ids := map[string]string{
		"Empty": "", "Dots": "..", "Slash": "user_1/ban", "Query": "user_1?x", "Fragment": "user_1#", "Percent": "user_1%2fban",
		"OtherKind": "org_1", "PrefixOnly": "user_", "Line": "user_1\n", "Space": " user_1", "Letters": "user_ä", "PrefixOfIdn": "idn_",
	}
	c := newTestClient(t, "http://127.0.0.1:1", withOneToken)
	for name, id := range ids {
		made := map[string]func() error{
			"User":            func() error { _, err := c.User(t.Context(), id); return err },
			"UpdateUser":      func() error { _, err := c.UpdateUser(t.Context(), id, UpdateUserParams{}); return err },
			"MergeMetadata":   func() error { _, err := c.MergeMetadata(t.Context(), id, MetadataParams{}); return err },
			"ReplaceMetadata": func() error { _, err := c.ReplaceMetadata(t.Context(), id, MetadataParams{}); return err },
			"BanUser":         func() error { _, err := c.BanUser(t.Context(), id); return err },
			"DeleteUser":      func() error { return c.DeleteUser(t.Context(), id) },
			"DisableMFA":      func() error { return c.DisableMFA(t.Context(), id) },
			"DeletePasskey":   func() error { return c.DeletePasskey(t.Context(), id, testIdnID) },
			"DeleteAccount":   func() error { return c.DeleteExternalAccount(t.Context(), id, "eac_1") },
			"RevokeDevice":    func() error { return c.RevokeTrustedDevice(t.Context(), id, "dev_1") },
			"VerifyPassword":  func() error { _, err := c.VerifyPassword(t.Context(), id, "p"); return err },
			"VerifyTOTP":      func() error { _, err := c.VerifyTOTP(t.Context(), id, "123456"); return err },
			"RemovePassword":  func() error { _, err := c.RemovePassword(t.Context(), id, false); return err },
			"OAuthTokens":     func() error { _, err := c.OAuthAccessTokens(t.Context(), id, "oauth_google"); return err },
			"Memberships":     func() error { _, err := c.OrganizationMemberships(t.Context(), id, 1, 0); return err },
			"Invitations":     func() error { _, err := c.OrganizationInvitations(t.Context(), id, 1, 0); return err },
			"SetProfileImage": func() error {
				_, err := c.SetProfileImage(t.Context(), id, ProfileImage{ContentType: "image/png", Content: NewSecret("x")})
				return err
			},
			"CreateEmailAddress": func() error {
				_, err := c.CreateEmailAddress(t.Context(), CreateEmailAddressParams{UserID: id})
				return err
			},
			"CreatePhoneNumber": func() error {
				_, err := c.CreatePhoneNumber(t.Context(), CreatePhoneNumberParams{UserID: id})
				return err
			},
			"UpdateEmailAddress": func() error { _, err := c.UpdateEmailAddress(t.Context(), id, UpdateEmailAddressParams{}); return err },
			"DeleteEmailAddress": func() error { return c.DeleteEmailAddress(t.Context(), id) },
			"UpdatePhoneNumber":  func() error { _, err := c.UpdatePhoneNumber(t.Context(), id, UpdatePhoneNumberParams{}); return err },
			"DeletePhoneNumber":  func() error { return c.DeletePhoneNumber(t.Context(), id) },
		}
		for method, calling := range made {
			t.Run(method+"With"+name, func(t *testing.T) {
				err := calling()
				if err == nil || AnswerLost(err) || IsNotFound(err) {
					t.Errorf("got %v, want an error that says that the id is none", err)
				}
			})
		}
	}
	expectNoTokenUsed(t, c)
}

func TestListsThatAreNeverRequested(t *testing.T) {
	c := newTestClient(t, "http://127.0.0.1:1")
	t.Run("WithoutAValueNobodyIsFound", func(t *testing.T) {
		for _, values := range [][]string{nil, {}, {""}, {"", ""}} {
			if users, err := c.UsersBy(t.Context(), KindEmailAddress, values...); len(users) != 0 || err != nil {
				t.Errorf("UsersBy(%q) = %v, %v", values, users, err)
			}
		}
	})
	t.Run("WithTooManyValues", func(t *testing.T) {
		values := make([]string, maxFilterValues+1)
		for i := range values {
			values[i] = "x"
		}
		if _, err := c.UsersBy(t.Context(), KindUsername, values...); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("WithAnUnknownKind", func(t *testing.T) {
		if _, err := c.UsersBy(t.Context(), IdentifierKind("query"), "x"); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("NoUserHoldsAnUnknownKind", func(t *testing.T) {
		if matches(&User{}, IdentifierKind("query"), "") {
			t.Error("holds it")
		}
	})
	t.Run("WithMetadataThatIsNotJSON", func(t *testing.T) {
		bad := Metadata{"secret-key": func() {}}
		_, merge := c.MergeMetadata(t.Context(), testUserID, MetadataParams{Public: bad})
		_, replace := c.ReplaceMetadata(t.Context(), testUserID, MetadataParams{Unsafe: bad})
		_, create := c.CreateUser(t.Context(), CreateUserParams{PrivateMetadata: bad})
		for _, err := range []error{merge, replace, create} {
			if err == nil {
				t.Error("got no error")
			}
		}
	})
}
