// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// cast seeds five users, a second apart, whose names say what distinguishes them.
func cast(c *client) map[string]string {
	ids := map[string]string{}
	seed := func(name string, u emulator.User) {
		u.FirstName = new(name)
		ids[c.instance.Seed(u).ID] = name
		c.server.Clock().Advance(time.Second)
	}
	at := func(d time.Duration) *int64 { return new(noon.Add(d).UnixMilli()) }
	seed("ann", emulator.User{
		ExternalID: new("ext-a"), Username: new("ann-user"), LastName: new("Zimt"), LastSignInAt: at(0), LastActiveAt: at(time.Hour),
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann+tag@example.com"), emulator.UnverifiedEmail("both@example.com")},
	})
	seed("bob", emulator.User{
		ExternalID: new("ext-b"), Banned: true, LastSignInAt: at(time.Minute), OrganizationIDs: []string{"org_1", "org_2"},
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("bob@example.com"), emulator.UnverifiedEmail("both@example.com")},
	})
	seed("cyd", emulator.User{
		ExternalID: new("-odd"), PhoneNumbers: []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100")}, OrganizationIDs: []string{"org_2"},
	})
	seed("dan", emulator.User{
		Username: new("dan-user"), Web3Wallets: []emulator.Web3Wallet{{Web3Wallet: wallet}},
		ExternalAccounts: []emulator.ExternalAccount{{Provider: "oauth_google", ProviderUserID: "g7"}},
	})
	seed("eva", emulator.User{ExternalID: new("ext-e"), LastName: new("Anders")})
	return ids
}

// ask returns the names of the users in a list, in order.
func (c *client) ask(names map[string]string, query string) string {
	c.t.Helper()
	var got []string
	for _, u := range c.send("GET", "/users?"+query, nil).users() {
		got = append(got, names[u.ID])
	}
	return strings.Join(got, " ")
}

func TestListFilters(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	names := cast(c)
	id := map[string]string{}
	for key, name := range names {
		id[name] = key
	}
	second := func(n int) int64 { return noon.Add(time.Duration(n) * time.Second).UnixMilli() }
	for name, test := range map[string]struct{ query, want string }{
		"Everybody":               {"", "eva dan cyd bob ann"},
		"Email":                   {"email_address=bob@example.com", "bob"},
		"EmailByCase":             {"email_address=BOB@example.com", "bob"},
		"EmailEscapedPlus":        {"email_address=ann%2Btag@example.com", "ann"},
		"EmailUnescapedPlus":      {"email_address=ann+tag@example.com", ""},
		"EmailUnverifiedToo":      {"email_address=both@example.com", "bob ann"},
		"EmailsOrEd":              {"email_address=bob@example.com&email_address=ann%2Btag@example.com", "bob ann"},
		"AbsenceIsIgnored":        {"email_address=no@example.com&email_address=bob@example.com", "bob"},
		"Phone":                   {"phone_number=%2B15555550100", "cyd"},
		"PhoneUnescaped":          {"phone_number=+15555550100", ""},
		"Username":                {"username=Ann-User&username=dan-user", "dan ann"},
		"Wallet":                  {"web3_wallet=" + strings.ToLower(wallet), "dan"},
		"UserID":                  {"user_id=" + id["bob"] + "&user_id=user_x", "bob"},
		"UserIDWithPlus":          {"user_id=%2B" + id["bob"], "bob"},
		"UserIDExcluded":          {"user_id=-" + id["bob"], "eva dan cyd ann"},
		"ExternalID":              {"external_id=ext-a&external_id=ext-b", "bob ann"},
		"ExternalIDByCase":        {"external_id=EXT-A", ""},
		"ExternalIDPlus":          {"external_id=%2Bext-a", "ann"},
		"ExternalIDMinus":         {"external_id=-ext-a", "eva dan cyd bob"},
		"ExternalIDMinusIsNoName": {"external_id=-odd", "eva dan cyd bob ann"},
		"ExternalIDPlusMinus":     {"external_id=%2B-odd", "cyd"},
		"ExternalIDBoth":          {"external_id=ext-a&external_id=ext-b&external_id=-ext-a", "bob"},
		"EmptyFilterIsNone":       {"external_id=", "eva dan cyd bob ann"},
		"Organization":            {"organization_id=org_2", "cyd bob"},
		"OrganizationExcluded":    {"organization_id=org_2&organization_id=-org_1", "cyd"},
		"Provider":                {"provider=oauth_google&provider_user_id=g7&provider_user_id=g8", "dan"},
		"ProviderOther":           {"provider=oauth_github&provider_user_id=g7", ""},
		"QueryByEmail":            {"query=TAG@EXA", "ann"},
		"QueryByName":             {"query=Zimt", "ann"},
		"QueryByWallet":           {"query=4169ee7", "dan"},
		"QueryByID":               {"query=" + id["eva"][5:], "eva"},
		"EmailQuery":              {"email_address_query=BOTH", "bob ann"},
		"PhoneQuery":              {"phone_number_query=555", "cyd"},
		"UsernameQuery":           {"username_query=-USER", "dan ann"},
		"NameQuery":               {"name_query=eva%20and", "eva"},
		"Banned":                  {"banned=true", "bob"},
		"NotBanned":               {"banned=false", "eva dan cyd ann"},
		"CreatedAfter":            {fmt.Sprintf("created_at_after=%d", second(3)), "eva"},
		"CreatedBefore":           {fmt.Sprintf("created_at_before=%d", second(1)), "ann"},
		"SignedInAfter":           {fmt.Sprintf("last_sign_in_at_after=%d", second(0)), "bob"},
		"SignedInBefore":          {fmt.Sprintf("last_sign_in_at_before=%d", second(1)), "ann"},
		"ActiveAfter":             {fmt.Sprintf("last_active_at_after=%d", second(0)), "ann"},
		"ActiveSince":             {fmt.Sprintf("last_active_at_since=%d", second(0)), "ann"},
		"ActiveBefore":            {fmt.Sprintf("last_active_at_before=%d", second(0)), ""},
		"KindsAreAnded":           {"banned=false&email_address=both@example.com", "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			if got := c.ask(names, test.query); got != test.want {
				t.Errorf("listed %q, want %q", got, test.want)
			}
			var count struct {
				Object     string `json:"object"`
				TotalCount int    `json:"total_count"`
			}
			c.send("GET", "/users/count?"+test.query, nil).ok().decode(&count)
			if want := len(strings.Fields(test.want)); count.Object != "total_count" || count.TotalCount != want {
				t.Errorf("counted %+v, want %d", count, want)
			}
			// The same without the shortcut of a list that does not lag.
			c.instance.Configure(func(s *emulator.Settings) { s.ListLag = time.Nanosecond })
			defer c.instance.Configure(func(s *emulator.Settings) { s.ListLag = 0 })
			if got := c.ask(names, test.query); got != test.want {
				t.Errorf("listed %q with lag, want %q", got, test.want)
			}
		})
	}
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	names := cast(c)
	for order, want := range map[string]string{
		"created_at": "ann bob cyd dan eva", "%2Bcreated_at": "ann bob cyd dan eva", "-created_at": "eva dan cyd bob ann",
		"first_name": "ann bob cyd dan eva", "-first_name": "eva dan cyd bob ann", "last_name": "bob cyd dan eva ann",
		"-updated_at": "eva dan cyd bob ann", "username": "bob cyd eva ann dan", "-email_address": "bob ann eva dan cyd",
		"-phone_number": "cyd eva dan bob ann", "-web3wallet": "dan eva cyd bob ann", "-last_active_at": "ann eva dan cyd bob",
		"-last_sign_in_at": "bob ann eva dan cyd", "username&order_by=nonsense": "bob cyd eva ann dan", "": "eva dan cyd bob ann",
	} {
		if got := c.ask(names, "order_by="+order); got != want {
			t.Errorf("order_by=%s lists %q, want %q", order, got, want)
		}
	}
	for id, name := range names {
		if name == "bob" {
			c.send("PATCH", "/users/"+id, m{"last_name": "Changed"}).ok()
		}
	}
	if got := c.ask(names, "order_by=-updated_at&limit=2"); got != "bob eva" {
		t.Errorf("latest changes: %q", got)
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Environment: emulator.Production})
	var ids []string
	for range 25 {
		ids = append(ids, c.instance.Seed(emulator.User{}).ID)
	}
	all := make([]string, 0, 25)
	for cursor := ""; ; {
		page := c.send("GET", "/users?order_by=%2Bcreated_at&limit=10&starting_after="+cursor, nil).users()
		for _, u := range page {
			all = append(all, u.ID)
		}
		if len(page) < 10 {
			break
		}
		cursor = page[9].ID
		// Users created during the walk are on its last page.
		if len(ids) < 27 {
			ids = append(ids, c.instance.Seed(emulator.User{}).ID)
		}
	}
	if strings.Join(all, " ") != strings.Join(ids, " ") {
		t.Errorf("walked over %d users of %d", len(all), len(ids))
	}
	size := func(query string) int { return len(c.send("GET", "/users?"+query, nil).users()) }
	byID := url.Values{"user_id": ids}.Encode()
	for query, want := range map[string]int{
		"": 10, "limit=500": 27, "limit=1": 1, "offset=20": 7, "offset=27": 0, "offset=1000&limit=5": 0, byID: 10, byID + "&limit=100": 27,
		"starting_after=" + ids[26]: 10, "starting_after=" + ids[3]: 3, "starting_after=" + ids[0] + "&offset=0": 0,
	} {
		if got := size(query); got != want {
			t.Errorf("%.40s lists %d users, want %d", query, got, want)
		}
	}
	if first, next := c.send("GET", "/users?limit=1", nil).users(), c.send("GET", "/users?limit=1&offset=1", nil).users(); first[0].ID != ids[26] || next[0].ID != ids[25] {
		t.Error("the newest user does not come first")
	}
	if body := string(c.send("GET", "/users?username=nobody", nil).ok().body); strings.TrimSpace(body) != "[]" {
		t.Errorf("an empty list is %s", body)
	}
}

func TestListRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	gone := c.create(m{"username": "another"})
	c.send("DELETE", "/users/"+gone.ID, nil).ok()
	for query, code := range map[string]string{
		"limit=0": "form_param_value_invalid/limit", "limit=501": "form_param_value_invalid/limit", "limit=ten": "form_param_value_invalid/limit",
		"offset=-1": "form_param_value_invalid/offset", "order_by=metadata": "form_param_value_invalid/order_by",
		"order_by=--created_at":                                 "form_param_value_invalid/order_by",
		"starting_after=" + u.ID + "&offset=1":                  "form_param_value_invalid/starting_after",
		"starting_after=" + u.ID + "&order_by=-updated_at":      "form_param_value_invalid/starting_after",
		"starting_after=" + gone.ID:                             "form_param_value_invalid/starting_after",
		"banned=perhaps":                                        "form_param_value_invalid/banned",
		"created_at_after=2024-01-01":                           "form_param_invalid_date/created_at_after",
		"last_active_at_before=-1":                              "form_param_invalid_date/last_active_at_before",
		"provider=oauth_google":                                 "form_param_missing/provider_user_id",
		"provider_user_id=7":                                    "form_param_missing/provider",
		"email=a@example.com":                                   "form_param_unknown/email",
		url.Values{"external_id": make([]string, 101)}.Encode(): "form_param_array_size_exceeded/external_id",
	} {
		c.send("GET", "/users?"+query, nil).refused(http.StatusUnprocessableEntity, code)
	}
	c.send("GET", "/users?"+url.Values{"external_id": make([]string, 100)}.Encode(), nil).ok()
	c.send("GET", "/users?starting_after="+u.ID+"&order_by=-created_at", nil).ok()
	c.send("GET", "/users/count?limit=1&offset=5&order_by=-created_at", nil).ok()
	c.send("GET", "/users/count?banned=x", nil).refused(http.StatusUnprocessableEntity, "form_param_value_invalid/banned")
}

func TestListsLagOnDemand(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	old := c.create(m{"username": "old-user", "first_name": "Before"})
	c.server.Clock().Advance(time.Minute)
	c.instance.Configure(func(s *emulator.Settings) { s.ListLag = 5 * time.Second })
	fresh := c.create(m{"username": "new-user"})
	c.send("PATCH", "/users/"+old.ID, m{"first_name": "Between"}).ok()
	c.server.Clock().Advance(time.Second)
	c.send("PATCH", "/users/"+old.ID, m{"first_name": "After"}).ok()

	names := func() string {
		var got []string
		for _, u := range c.send("GET", "/users?order_by=username", nil).users() {
			got = append(got, text(u.Username)+":"+text(u.FirstName))
		}
		return strings.Join(got, " ")
	}
	if got := names(); got != "old-user:Before" {
		t.Errorf("at once: %q", got)
	}
	if got := c.send("GET", "/users?username=new-user&limit=2", nil).users(); len(got) != 0 {
		t.Error("a filter finds a user that lists do not show yet")
	}
	if got := c.send("GET", "/users/"+fresh.ID, nil).user(); got.ID != fresh.ID {
		t.Error("a list that lags hides the user from being read by id")
	}
	c.send("POST", "/users", m{"username": "new-user"}).refused(422, "form_identifier_exists/username")
	c.server.Clock().Advance(4 * time.Second)
	if got := names(); got != "new-user:<nil> old-user:Between" {
		t.Errorf("after five seconds: %q", got)
	}
	c.server.Clock().Advance(time.Second)
	if got := names(); got != "new-user:<nil> old-user:After" {
		t.Errorf("after six seconds: %q", got)
	}
	c.send("DELETE", "/users/"+old.ID, nil).ok()
	if got := names(); got != "new-user:<nil> old-user:After" {
		t.Errorf("after the deletion: %q", got)
	}
	c.send("GET", "/users/"+old.ID, nil).refused(http.StatusNotFound, "resource_not_found")
	c.server.Clock().Advance(5 * time.Second)
	if got := names(); got != "new-user:<nil>" {
		t.Errorf("in the end: %q", got)
	}
	c.create(m{"username": "old-user"})
}

func TestReadsLagOnDemand(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{GetLag: 3 * time.Second}})
	u := c.create(m{"username": "somebody"})
	c.send("GET", "/users/"+u.ID, nil).refused(http.StatusNotFound, "resource_not_found")
	c.send("PATCH", "/users/"+u.ID, m{"first_name": "Ada"}).ok()
	c.server.Clock().Advance(3 * time.Second)
	c.send("GET", "/users/"+u.ID, nil).ok()
}
