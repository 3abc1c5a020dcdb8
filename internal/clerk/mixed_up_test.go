// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// anothersBody is Clerk's answer about another user than requested.
const anothersBody = `{"object":"user","id":"user_2Another","username":"another","external_id":"another",
	"email_addresses":[{"id":"idn_2Another","email_address":"another@example.com","verification":{"status":"verified"}}]}`

// TestAnswersAboutSomebodyElseAreNotUsable answers each call as if it were about somebody else.
func TestAnswersAboutSomebodyElseAreNotUsable(t *testing.T) {
	t.Parallel()
	const (
		anothersAddress = `{"object":"email_address","id":"idn_2Another","email_address":"another@example.com"}`
		anothersNumber  = `{"object":"phone_number","id":"idn_2Another","phone_number":"+15555550199"}`
		deletedAnother  = `{"object":"user","id":"user_2Another","deleted":true}`
	)
	one := func(name string) []NewIdentifier { return []NewIdentifier{{Value: name}} }
	for name, tc := range map[string]struct {
		call   func(ctx context.Context, c *Client) error
		answer string
		read   bool
	}{
		"User":  {func(ctx context.Context, c *Client) error { _, err := c.User(ctx, testUserID); return err }, anothersBody, true},
		"Ban":   {func(ctx context.Context, c *Client) error { _, err := c.BanUser(ctx, testUserID); return err }, anothersBody, false},
		"Lock":  {func(ctx context.Context, c *Client) error { _, err := c.LockUser(ctx, testUserID); return err }, anothersBody, false},
		"Unban": {func(ctx context.Context, c *Client) error { _, err := c.UnbanUser(ctx, testUserID); return err }, anothersBody, false},
		"Update": {func(ctx context.Context, c *Client) error {
			_, err := c.UpdateUser(ctx, testUserID, UpdateUserParams{FirstName: new("f")})
			return err
		}, anothersBody, false},
		"MergeMetadata": {func(ctx context.Context, c *Client) error {
			_, err := c.MergeMetadata(ctx, testUserID, MetadataParams{Public: Metadata{}})
			return err
		}, anothersBody, false},
		"ReplaceMetadata": {func(ctx context.Context, c *Client) error {
			_, err := c.ReplaceMetadata(ctx, testUserID, MetadataParams{Public: Metadata{}})
			return err
		}, anothersBody, false},
		"SetProfileImage": {func(ctx context.Context, c *Client) error {
			_, err := c.SetProfileImage(ctx, testUserID, ProfileImage{ContentType: "image/png", Content: NewSecret("x")})
			return err
		}, anothersBody, false},
		"DeleteProfileImage": {func(ctx context.Context, c *Client) error {
			_, err := c.DeleteProfileImage(ctx, testUserID)
			return err
		}, anothersBody, false},
		"RemovePassword": {func(ctx context.Context, c *Client) error {
			_, err := c.RemovePassword(ctx, testUserID, false)
			return err
		}, anothersBody, false},
		"Delete": {func(ctx context.Context, c *Client) error { return c.DeleteUser(ctx, testUserID) }, deletedAnother, false},
		"DeleteAnsweredWithAUser": {
			func(ctx context.Context, c *Client) error { return c.DeleteUser(ctx, testUserID) }, anothersBody, false,
		},
		"DisableMFA":         {func(ctx context.Context, c *Client) error { return c.DisableMFA(ctx, testUserID) }, `{"user_id":"user_2Another"}`, false},
		"DeleteEmailAddress": {func(ctx context.Context, c *Client) error { return c.DeleteEmailAddress(ctx, testIdnID) }, deletedAnother, false},
		"CreateByAddress": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{EmailAddresses: one("ann@example.com")})
			return err
		}, anothersBody, false},
		"CreateByNumber": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{PhoneNumbers: one("+15555550100")})
			return err
		}, anothersBody, false},
		"CreateByUsername": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{Username: new("ann"), EmailAddresses: one("another@example.com")})
			return err
		}, anothersBody, false},
		"CreateByExternalID": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{ExternalID: new("Another")})
			return err
		}, anothersBody, false},
		"CreateByWallet": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{Web3Wallets: []string{"0xab"}})
			return err
		}, anothersBody, false},
		"CreateEmailAddress": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateEmailAddress(ctx, CreateEmailAddressParams{UserID: testUserID, Address: "ann@example.com"})
			return err
		}, anothersAddress, false},
		"UpdateEmailAddress": {func(ctx context.Context, c *Client) error {
			_, err := c.UpdateEmailAddress(ctx, testIdnID, UpdateEmailAddressParams{})
			return err
		}, anothersAddress, false},
		"CreatePhoneNumber": {func(ctx context.Context, c *Client) error {
			_, err := c.CreatePhoneNumber(ctx, CreatePhoneNumberParams{UserID: testUserID, Number: "+15555550100"})
			return err
		}, anothersNumber, false},
		"UpdatePhoneNumber": {func(ctx context.Context, c *Client) error {
			_, err := c.UpdatePhoneNumber(ctx, testIdnID, UpdatePhoneNumberParams{})
			return err
		}, anothersNumber, false},
		"UsersBy": {func(ctx context.Context, c *Client) error {
			_, err := c.UsersBy(ctx, KindEmailAddress, "ann@example.com")
			return err
		}, "[" + anothersBody + "]", true},
		"UsersByID": {func(ctx context.Context, c *Client) error { _, err := c.UsersByID(ctx, testUserID); return err }, "[" + anothersBody + "]", true},
		"Listed":    {func(ctx context.Context, c *Client) error { _, err := c.Listed(ctx, testUserID); return err }, "[" + anothersBody + "]", true},
		"Memberships": {func(ctx context.Context, c *Client) error {
			_, err := c.OrganizationMemberships(ctx, testUserID, 10, 0)
			return err
		}, `{"data":[{"id":"orgmem_1","organization":{"id":"org_1"},"public_user_data":{"user_id":"user_2Another"}}],"total_count":1}`, true},
		"Tokens": {func(ctx context.Context, c *Client) error {
			_, err := c.OAuthAccessTokens(ctx, testUserID, "oauth_google")
			return err
		}, `[{"external_account_id":"eac_1","provider":"oauth_github","token":"t"}]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, answering(http.StatusOK, tc.answer))
			err := tc.call(t.Context(), newTestClient(t, s.URL))
			if _, malformed := errors.AsType[*malformedError](err); !malformed || AnswerLost(err) == tc.read || IsNotFound(err) {
				t.Errorf("got %v, want an answer that is not usable; lost: %t", err, !tc.read)
			}
		})
	}
}

// TestSecondOpinionOnAnAbsence reads a list for a user that a read by id did not find.
func TestSecondOpinionOnAnAbsence(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status      int
		body        string
		want, fails bool
	}{
		"Absent":          {200, "[]", false, false},
		"Present":         {200, "[" + userJSON(testUserID) + "]", true, false},
		"Unreadable":      {200, `[{"object":"user","id":"` + testUserID + `","email_addresses":[{"id":""}]}]`, true, false},
		"AnotherUser":     {200, "[" + anothersBody + "]", false, true},
		"NoList":          {200, "{}", false, true},
		"Null":            {200, "null", false, true},
		"NotFound":        {404, errorJSON("resource_not_found", ""), false, true},
		"NotFoundByProxy": {404, "<html>", false, true},
		"Unavailable":     {503, "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, answering(tc.status, tc.body))
			got, err := newTestClient(t, s.URL).Listed(t.Context(), testUserID)
			if got != tc.want || (err != nil) != tc.fails || IsNotFound(err) {
				t.Errorf("Listed() = %t, %v; want %t, an error: %t", got, err, tc.want, tc.fails)
			}
			checkQuery(t, s.only(t), map[string][]string{"user_id": {testUserID}, "limit": {"1"}})
		})
	}
	c := newTestClient(t, "http://127.0.0.1:1")
	if _, err := c.Listed(t.Context(), "nobody"); err == nil {
		t.Error("what is no id of a user is asked for")
	}
}
