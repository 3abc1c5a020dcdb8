// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const testDeviceID = "tdev_29w83sxmDNGwOuEthce5gg56FcE"

// accountCalls are the calls about a user's credentials, image and organizations, in addition to calls.
func accountCalls() map[string]call {
	all := passwordCalls()
	maps.Copy(all, factorCalls())
	maps.Copy(all, organizationCalls())
	return all
}

func passwordCalls() map[string]call {
	answered, users := answeredUser(), "/v1/users/"+testUserID
	return map[string]call{
		"VerifyPassword": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.VerifyPassword(ctx, testUserID, "p") },
			method: http.MethodPost, path: users + "/verify_password", body: `{"password":"p"}`,
			answer: `{"verified":true}`, want: true,
		},
		"VerifyPasswordThatIsNot": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.VerifyPassword(ctx, testUserID, "p") },
			method: http.MethodPost, path: users + "/verify_password", body: `{"password":"p"}`,
			answer: `{"verified":false}`, want: false,
		},
		"VerifyTOTP": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.VerifyTOTP(ctx, testUserID, "123456") },
			method: http.MethodPost, path: users + "/verify_totp", body: `{"code":"123456"}`,
			answer: `{"verified":true,"code_type":"backup_code"}`, want: TOTPVerification{Verified: true, CodeType: "backup_code"},
		},
		"VerifyTOTPOfAnUnknownKind": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.VerifyTOTP(ctx, testUserID, "123456") },
			method: http.MethodPost, path: users + "/verify_totp", body: `{"code":"123456"}`,
			answer: `{"verified":true,"code_type":"What?"}`, want: TOTPVerification{Verified: true},
		},
		"VerifyTOTPThatIsNot": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.VerifyTOTP(ctx, testUserID, "123456") },
			method: http.MethodPost, path: users + "/verify_totp", body: `{"code":"123456"}`,
			answer: `{"verified":false,"code_type":"totp"}`, want: TOTPVerification{},
		},
		"RemovePassword": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.RemovePassword(ctx, testUserID, false) },
			method: http.MethodPost, path: users + "/remove_password", body: `{"sign_out_of_other_sessions":false}`,
			answer: userBody, want: answered,
		},
		"RemovePasswordAndSignOut": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.RemovePassword(ctx, testUserID, true) },
			method: http.MethodPost, path: users + "/remove_password", body: `{"sign_out_of_other_sessions":true}`,
			answer: userBody, want: answered,
		},
		"SetPasswordCompromised": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return c.SetPasswordCompromised(ctx, testUserID, true)
			},
			method: http.MethodPost, path: users + "/password/set_compromised", body: `{"revoke_all_sessions":true}`,
			answer: userBody, want: answered,
		},
		"UnsetPasswordCompromised": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.UnsetPasswordCompromised(ctx, testUserID) },
			method: http.MethodPost, path: users + "/password/unset_compromised", answer: userBody, want: answered,
		},
		"DeleteProfileImage": {
			make:   func(ctx context.Context, c *Client) (any, error) { return c.DeleteProfileImage(ctx, testUserID) },
			method: http.MethodDelete, path: users + "/profile_image", answer: userBody, want: answered,
		},
	}
}

func factorCalls() map[string]call {
	users, factor := "/v1/users/"+testUserID, `{"user_id":"`+testUserID+`"}`
	return map[string]call{
		"DisableMFA": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DisableMFA(ctx, testUserID) },
			method: http.MethodDelete, path: users + "/mfa", answer: factor,
		},
		"DeleteBackupCodes": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DeleteBackupCodes(ctx, testUserID) },
			method: http.MethodDelete, path: users + "/backup_code", answer: factor,
		},
		"DeleteTOTP": {
			make:   func(ctx context.Context, c *Client) (any, error) { return nil, c.DeleteTOTP(ctx, testUserID) },
			method: http.MethodDelete, path: users + "/totp", answer: factor,
		},
		"DeletePasskey": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.DeletePasskey(ctx, testUserID, testIdnID)
			},
			method: http.MethodDelete, path: users + "/passkeys/" + testIdnID,
			answer: `{"object":"passkey","id":"` + testIdnID + `","deleted":true}`,
		},
		"DeleteWeb3Wallet": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.DeleteWeb3Wallet(ctx, testUserID, testIdnID)
			},
			method: http.MethodDelete, path: users + "/web3_wallets/" + testIdnID,
			answer: `{"object":"web3_wallet","deleted":true}`,
		},
		"DeleteExternalAccount": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.DeleteExternalAccount(ctx, testUserID, "eac_1")
			},
			method: http.MethodDelete, path: users + "/external_accounts/eac_1",
			answer: `{"object":"external_account","id":"eac_1","deleted":true}`,
		},
		"DeleteExternalAccountConfirmedByItsOtherID": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.DeleteExternalAccount(ctx, testUserID, "eac_1")
			},
			method: http.MethodDelete, path: users + "/external_accounts/eac_1",
			answer: `{"object":"google_account","id":"` + testIdnID + `","deleted":true}`,
		},
		"RevokeTrustedDevice": {
			make: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.RevokeTrustedDevice(ctx, testUserID, testDeviceID)
			},
			method: http.MethodDelete, path: users + "/trusted_devices/" + testDeviceID,
			answer: `{"object":"trusted_device","id":"` + testDeviceID + `","status":"revoked"}`,
		},
	}
}

func organizationCalls() map[string]call {
	users := "/v1/users/" + testUserID
	memberships := func(limit, offset int) func(context.Context, *Client) (any, error) {
		return func(ctx context.Context, c *Client) (any, error) {
			return c.OrganizationMemberships(ctx, testUserID, limit, offset)
		}
	}
	invitations := func(limit, offset int) func(context.Context, *Client) (any, error) {
		return func(ctx context.Context, c *Client) (any, error) {
			return c.OrganizationInvitations(ctx, testUserID, limit, offset)
		}
	}
	at := time.Date(2023, 11, 22, 22, 0, 0, 0, time.UTC)
	return map[string]call{
		"Memberships": {
			make: memberships(20, 40), method: http.MethodGet, path: users + "/organization_memberships",
			query: url.Values{"limit": {"20"}, "offset": {"40"}},
			answer: `{"total_count":41,"data":[{"id":"orgmem_1","role":"org:admin","created_at":1700690400000,"permissions":[],
				"organization":{"id":"org_1","slug":"acme","name":"Acme, Inc."}}]}`,
			want: OrganizationMemberships{Total: 41, Items: []OrganizationMembership{{
				ID: "orgmem_1", OrganizationID: "org_1", OrganizationSlug: "acme", OrganizationName: "Acme, Inc.",
				Role: "org:admin", CreatedAt: at,
			}}},
		},
		"NoMemberships": {
			make: memberships(0, -1), method: http.MethodGet, path: users + "/organization_memberships",
			query:  url.Values{"limit": {"1"}, "offset": {"0"}},
			answer: `{"total_count":0,"data":[]}`, want: OrganizationMemberships{},
		},
		"Invitations": {
			make: invitations(1000, 0), method: http.MethodGet, path: users + "/organization_invitations",
			query: url.Values{"limit": {"500"}, "offset": {"0"}},
			answer: `{"total_count":2,"data":[
				{"id":"orginv_1","organization_id":"org_1","email_address":"A@Example.com","role":"org:member","status":"pending",
				 "url":null,"expires_at":null,"created_at":1700690400000},
				{"id":"orginv_2","public_organization_data":{"id":"org_2"},"role":"r"}]}`,
			want: OrganizationInvitations{Total: 2, Items: []OrganizationInvitation{
				{
					ID: "orginv_1", OrganizationID: "org_1", EmailAddress: "a@example.com", Role: "org:member", Status: "pending",
					CreatedAt: at,
				},
				{ID: "orginv_2", OrganizationID: "org_2", Role: "r"},
			}},
		},
	}
}

// accountWrites are the writes of accountCalls, without their results.
func accountWrites() map[string]func(ctx context.Context, c *Client) error {
	writes := map[string]func(ctx context.Context, c *Client) error{
		"SetProfileImage": func(ctx context.Context, c *Client) error {
			_, err := c.SetProfileImage(ctx, testUserID, ProfileImage{ContentType: "image/png", Content: NewSecret("x")})
			return err
		},
	}
	for name, one := range accountCalls() {
		if one.method != http.MethodGet {
			writes[name] = func(ctx context.Context, c *Client) error { _, err := one.make(ctx, c); return err }
		}
	}
	return writes
}

func TestLostAnswersOfAccountWrites(t *testing.T) {
	t.Parallel()
	answers := map[string]http.HandlerFunc{
		"ServerError": answering(http.StatusInternalServerError, errorJSON("internal_clerk_error", "")),
		"ServerErrorWithACodeThatRefuses": answering(http.StatusBadGateway,
			`{"errors":[{"code":"incorrect_password"},{"code":"image_not_found"},{"code":"totp_incorrect_code"}]}`),
		"ImageNotFoundByAServerError": answering(http.StatusBadGateway, errorJSON("image_not_found", "")),
		"CodeRefusedByAServerError":   answering(http.StatusBadGateway, errorJSON("totp_incorrect_code", "")),
		"Cut":                         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"Empty":                       answering(http.StatusOK, ""),
		"EmptyObject":                 answering(http.StatusOK, "{}"),
		"Null":                        answering(http.StatusOK, "null"),
		"AnotherUser":                 answering(http.StatusOK, `{"id":"user_other","user_id":"user_other","deleted":true,"status":"revoked"}`),
		"NothingOfItCarriedOut":       answering(http.StatusOK, `{"id":"`+testIdnID+`","deleted":false,"status":"active"}`),
	}
	for name, answer := range answers {
		for call, calling := range accountWrites() {
			t.Run(call+"With"+name, func(t *testing.T) {
				t.Parallel()
				if err := calling(t.Context(), newTestClient(t, newStub(t, answer).URL)); !AnswerLost(err) {
					t.Errorf("got %v, want a lost answer", err)
				}
			})
		}
	}
}

func TestADeviceThatIsStillTrusted(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(http.StatusOK, `{"id":"`+testDeviceID+`","status":"active"}`))
	if err := newTestClient(t, clerk.URL).RevokeTrustedDevice(t.Context(), testUserID, testDeviceID); !AnswerLost(err) {
		t.Errorf("got %v, want a lost answer", err)
	}
}

func TestRefusedAccountWrites(t *testing.T) {
	t.Parallel()
	for call, calling := range accountWrites() {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			forbidden := newStub(t, answering(http.StatusForbidden, errorJSON("feature_not_enabled", "")))
			err := calling(t.Context(), newTestClient(t, forbidden.URL))
			if e, ok := Rejected(err); !ok || e.Code != "feature_not_enabled" || AnswerLost(err) {
				t.Errorf("got %v, want a refusal", err)
			}
			missing := newStub(t, answering(http.StatusNotFound, errorJSON("resource_not_found", "")))
			if err := calling(t.Context(), newTestClient(t, missing.URL)); !IsNotFound(err) {
				t.Errorf("got %v, want that there is no such user", err)
			}
		})
	}
}

func TestPartsThatAreNeverAskedFor(t *testing.T) {
	c := newTestClient(t, "http://127.0.0.1:1", withOneToken)
	for name, id := range map[string]string{
		"Empty": "", "Dots": "..", "Slash": "idn_1/x", "Query": "idn_1?x", "Percent": "idn_1%2f", "PrefixOnly": "idn_", "Line": "idn_1\n",
		"NoPrefix": "1", "UpperCasePrefix": "IDN_1",
	} {
		for method, calling := range map[string]func(ctx context.Context, userID, id string) error{
			"DeletePasskey": c.DeletePasskey, "DeleteWeb3Wallet": c.DeleteWeb3Wallet, "DeleteExternalAccount": c.DeleteExternalAccount,
			"RevokeTrustedDevice": c.RevokeTrustedDevice,
		} {
			t.Run(method+"With"+name, func(t *testing.T) {
				if err := calling(t.Context(), testUserID, id); err == nil || AnswerLost(err) {
					t.Errorf("got %v, want an error that says that the id is none", err)
				}
			})
		}
	}
	expectNoTokenUsed(t, c)
}

func TestPagesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Null": "null", "EmptyObject": "{}", "List": "[]", "NoTotal": `{"data":[]}`, "NegativeTotal": `{"data":[],"total_count":-1}`,
		"NoData": `{"total_count":0}`, "NullInData": `{"data":[null],"total_count":1}`, "NoID": `{"data":[{}],"total_count":1}`,
		"NoOrganization":  `{"data":[{"id":"x/y","organization":null}],"total_count":1}`,
		"BadOrganization": `{"data":[{"id":"..","organization":{"id":"../x"}}],"total_count":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, newStub(t, answering(http.StatusOK, body)).URL)
			if got, err := c.OrganizationMemberships(t.Context(), testUserID, 10, 0); err == nil || predicatesOf(err) != (predicates{}) {
				t.Errorf("memberships %v, %v", got, err)
			}
			if got, err := c.OrganizationInvitations(t.Context(), testUserID, 10, 0); err == nil || predicatesOf(err) != (predicates{}) {
				t.Errorf("invitations %v, %v", got, err)
			}
		})
	}
}
