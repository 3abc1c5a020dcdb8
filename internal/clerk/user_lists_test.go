// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// userJSON is Clerk's shortest description of a user.
func userJSON(id string) string { return fmt.Sprintf(`{"object":"user","id":%q}`, id) }

// numbered are n ids of users.
func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("user_", i)
	}
	return ids
}

func listed(users []*User) string {
	var ids []string
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return strings.Join(ids, " ")
}

func TestListsAskFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call func(ctx context.Context, c *Client) error
		want url.Values
	}{
		"ByID": {
			func(ctx context.Context, c *Client) error { _, err := c.UsersByID(ctx, "user_b", "user_a"); return err },
			url.Values{"user_id": {"user_b", "user_a"}, "limit": {"100"}},
		},
		"ByIDOnceEach": {
			func(ctx context.Context, c *Client) error {
				_, err := c.UsersByID(ctx, "user_a", "nobody", "", "user_a", "user_b/../x")
				return err
			},
			url.Values{"user_id": {"user_a"}, "limit": {"100"}},
		},
		"LastUpdated": {
			func(ctx context.Context, c *Client) error { _, err := c.LastUpdated(ctx, 0, 100); return err },
			url.Values{"order_by": {"-updated_at"}, "limit": {"100"}},
		},
		"LastUpdatedFurtherOn": {
			func(ctx context.Context, c *Client) error { _, err := c.LastUpdated(ctx, 300, 100); return err },
			url.Values{"order_by": {"-updated_at"}, "limit": {"100"}, "offset": {"300"}},
		},
		"FirstOfAll": {
			func(ctx context.Context, c *Client) error { _, err := c.UsersAfter(ctx, "", 500); return err },
			url.Values{"order_by": {"+created_at"}, "limit": {"500"}},
		},
		"After": {
			func(ctx context.Context, c *Client) error { _, err := c.UsersAfter(ctx, "user_a", 500); return err },
			url.Values{"order_by": {"+created_at"}, "limit": {"500"}, "starting_after": {"user_a"}},
		},
		"NoMoreThanClerkGives": {
			func(ctx context.Context, c *Client) error { _, err := c.UsersAfter(ctx, "", 10_000); return err },
			url.Values{"order_by": {"+created_at"}, "limit": {"500"}},
		},
		"NoLessThanOne": {
			func(ctx context.Context, c *Client) error { _, err := c.LastUpdated(ctx, -1, 0); return err },
			url.Values{"order_by": {"-updated_at"}, "limit": {"1"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, answering(http.StatusOK, `[]`))
			if err := tc.call(t.Context(), newTestClient(t, s.URL)); err != nil {
				t.Fatal(err)
			}
			r := s.only(t)
			query, err := url.ParseQuery(r.query)
			if err != nil || r.method != http.MethodGet || r.path != "/v1/users" {
				t.Fatalf("%s %s?%s: %v", r.method, r.path, r.query, err)
			}
			if diff := cmp.Diff(tc.want, query); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsersByIDWithoutACall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ids  []string
		fail bool
	}{
		"NoIDs":              {nil, false},
		"NoneThatIsOfClerk":  {[]string{"", "user_", "idn_1", "user_a b"}, false},
		"MoreThanAListHolds": {numbered(MaxListIDs + 1), true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, answering(http.StatusOK, `[]`))
			users, err := newTestClient(t, s.URL).UsersByID(t.Context(), tc.ids...)
			if len(users) != 0 || (err != nil) != tc.fail || len(s.received()) != 0 {
				t.Errorf("%d users, %v, %d requests", len(users), err, len(s.received()))
			}
		})
	}
}

func TestUsersByIDReturnsOnlyWhomItAskedFor(t *testing.T) {
	t.Parallel()
	s := newStub(t, answering(http.StatusOK, "["+userJSON("user_b")+"]"))
	users, err := newTestClient(t, s.URL).UsersByID(t.Context(), "user_a", "user_b")
	if err != nil || listed(users) != "user_b" {
		t.Errorf("got %s, %v", listed(users), err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	a, b, c := userJSON("user_a"), userJSON("user_b"), userJSON("user_c")
	const (
		badShape = `{"object":"user","id":42}`
		badID    = `{"object":"user","id":"nobody"}`
		badEmail = `{"object":"user","id":"user_bad","email_addresses":[{"id":""}]}`
		badMeta  = `{"object":"user","id":"user_bad","public_metadata":[1]}`
	)
	page := func(users ...string) string { return "[" + strings.Join(users, ",") + "]" }
	tests := map[string]struct {
		body  string
		limit int
		want  string
		more  bool
		fail  bool
	}{
		"Empty":                       {page(), 3, "", false, false},
		"NotFull":                     {page(a, b), 3, "user_a user_b", false, false},
		"Full":                        {page(b, a, c), 3, "user_b user_a user_c", true, false},
		"FullerThanAskedFor":          {page(a, b, c), 2, "user_a user_b user_c", true, false},
		"OneOfAnotherShape":           {page(a, badShape, c), 3, "user_a user_c", true, false},
		"OneWithAnotherID":            {page(badID, b, c), 3, "user_b user_c", true, false},
		"OneWithABrokenAddress":       {page(a, b, badEmail), 3, "user_a user_b", true, false},
		"OneWithMetadataThatIsNone":   {page(a, badMeta), 3, "user_a", false, false},
		"OneThatIsNull":               {page("null", a), 3, "user_a", false, false},
		"OneThatIsNullAndOneIsBroken": {page("null", a, badShape), 3, "user_a", true, false},
		"NoneCanBeRead":               {page(badID, badShape), 3, "", false, true},
		"NoneCanBeReadEither":         {page(badID, badMeta), 3, "", false, true},
		"AllNull":                     {page("null", "null"), 3, "", false, true},
		"TheOnlyOneCannotBeRead":      {page(badMeta), 3, "", false, false},
		"NullForAList":                {"null", 3, "", false, true},
		"AnObjectForAList":            {`{"data":[]}`, 3, "", false, true},
		"ATextForAList":               {`"x"`, 3, "", false, true},
		"NoJSON":                      {`[{"id":"user_a"`, 3, "", false, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, answering(http.StatusOK, tc.body))
			got, err := newTestClient(t, s.URL).LastUpdated(t.Context(), 0, tc.limit)
			if (err != nil) != tc.fail {
				t.Fatalf("got %v, want an error: %t", err, tc.fail)
			}
			if listed(got.Users) != tc.want || got.More != tc.more {
				t.Errorf("got %q, more %t, want %q, more %t", listed(got.Users), got.More, tc.want, tc.more)
			}
		})
	}
}

// A refusal does not count as an empty list.
func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newStub(t, answering(http.StatusUnprocessableEntity, `{"errors":[{"code":"form_param_value_invalid","message":"no"}]}`))
	c := newTestClient(t, s.URL)
	for name, call := range map[string]func() error{
		"UsersByID":   func() error { _, err := c.UsersByID(t.Context(), "user_a"); return err },
		"LastUpdated": func() error { _, err := c.LastUpdated(t.Context(), 0, 10); return err },
		"UsersAfter":  func() error { _, err := c.UsersAfter(t.Context(), "user_a", 10); return err },
	} {
		if refused, ok := Rejected(call()); !ok || refused.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %v", name, refused)
		}
	}
}

// TestEscapedMetadataDoesNotMakeAListUnreadable has every user of a page hold as much metadata as fits, in characters that
// an encoder for HTML makes six bytes of.
func TestEscapedMetadataDoesNotMakeAListUnreadable(t *testing.T) {
	t.Parallel()
	metadata := `{"x":"` + strings.Repeat(`\u003c`, 8192-len(`{"x":""}`)) + `"}`
	var users []string
	for _, id := range numbered(100) {
		users = append(users, fmt.Sprintf(`{"object":"user","id":%q,"public_metadata":%s,"private_metadata":%s,"unsafe_metadata":%s}`,
			id, metadata, metadata, metadata))
	}
	stub := newStub(t, answering(http.StatusOK, "["+strings.Join(users, ",")+"]"))
	page, err := newTestClient(t, stub.URL).LastUpdated(t.Context(), 0, len(users))
	if err != nil || len(page.Users) != len(users) {
		t.Errorf("read %d of %d users: %v", len(page.Users), len(users), err)
	}
}
