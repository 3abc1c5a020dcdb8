// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestOnlyKnownKeysAreAdmitted(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	for name, test := range map[string]struct{ header, code string }{
		"NoHeader":     {"", "authorization_header_format_invalid"},
		"BasicScheme":  {"Basic " + c.key, "authorization_header_format_invalid"},
		"BareKey":      {c.key, "authorization_header_format_invalid"},
		"UnknownKey":   {"Bearer sk_test_unknown", "clerk_key_invalid"},
		"EmptyKey":     {"Bearer ", "authorization_header_format_invalid"},
		"KeyAndPrefix": {"Bearer " + c.key + "x", "clerk_key_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			for _, path := range []string{"/users", "/instance", "/nothing/here"} {
				c.send("GET", path, nil, func(r *http.Request) { r.Header.Set("Authorization", test.header) }).
					refused(http.StatusUnauthorized, test.code)
			}
		})
	}
	c.send("GET", "/users", nil, func(r *http.Request) { r.Header.Set("Authorization", "bearer "+c.key) }).ok()
}

func TestInstanceSaysWhoItIs(t *testing.T) {
	t.Parallel()
	type document struct {
		Object      string   `json:"object"`
		ID          string   `json:"id"`
		Environment string   `json:"environment_type"`
		Origins     []string `json:"allowed_origins"`
		Workspace   *string  `json:"workspace_id"`
	}
	for name, test := range map[string]struct {
		config      emulator.InstanceConfig
		environment string
	}{
		"DevelopmentByPrefix":     {emulator.InstanceConfig{Keys: []string{"sk_test_a"}}, "development"},
		"ProductionByPrefix":      {emulator.InstanceConfig{Keys: []string{"sk_live_a"}}, "production"},
		"ConfiguredBeatsPrefix":   {emulator.InstanceConfig{Keys: []string{"sk_test_a"}, Environment: emulator.Production}, "production"},
		"MadeUpKey":               {emulator.InstanceConfig{}, "development"},
		"MadeUpKeyForProduction":  {emulator.InstanceConfig{Environment: emulator.Production}, "production"},
		"ConfiguredIDIsKeptAsIs":  {emulator.InstanceConfig{ID: "ins_mine"}, "development"},
		"NoPrefixIsNotProduction": {emulator.InstanceConfig{Keys: []string{"anything"}}, "development"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, test.config)
			var got document
			c.send("GET", "/instance", nil).ok().decode(&got)
			if got.Object != "instance" || got.Environment != test.environment || got.ID != c.instance.ID() {
				t.Errorf("got %+v, want environment %s and id %s", got, test.environment, c.instance.ID())
			}
			if test.config.ID == "" && !regexp.MustCompile(`^ins_[0-9A-Za-z]{27}$`).MatchString(got.ID) {
				t.Errorf("id %q is not like Clerk's", got.ID)
			}
		})
	}
}

func TestAnInstanceOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	one := emulator.New(emulator.Config{}).AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_a"}})
	again := emulator.New(emulator.Config{}).AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_a"}})
	other := emulator.New(emulator.Config{}).AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_b"}})
	if one.ID() != again.ID() || one.ID() == other.ID() {
		t.Errorf("ids: %s, with the same key %s, with another %s", one.ID(), again.ID(), other.ID())
	}
}

func TestKeysOfOneInstanceShareItsUsersAndItsLimit(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Keys: []string{"sk_test_old", "sk_test_new"}, Settings: emulator.Settings{InstanceRateLimit: 3}})
	other := c.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_other"}})
	u := c.create(m{"username": "first"})
	c.key = "sk_test_new"
	if got := c.send("GET", "/users/"+u.ID, nil).user(); got.ID != u.ID {
		t.Errorf("the second key sees %s", got.ID)
	}
	c.key = other.Key()
	c.send("GET", "/users/"+u.ID, nil).refused(http.StatusNotFound, "resource_not_found")
	c.key = "sk_test_old"
	c.send("GET", "/users", nil).ok()
	c.send("GET", "/users", nil).refused(http.StatusTooManyRequests, "too_many_requests")
	c.key = "sk_test_new"
	c.send("GET", "/users", nil).refused(http.StatusTooManyRequests, "too_many_requests")
}

func TestKeysComeAndGo(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Keys: []string{"sk_test_one"}})
	if id := c.instance.AddKey("sk_test_two"); id != "key-2" {
		t.Errorf("second key is called %q", id)
	}
	if !c.instance.RevokeKey("sk_test_one") || c.instance.RevokeKey("sk_test_one") {
		t.Error("a key must be revoked once")
	}
	c.send("GET", "/users", nil).refused(http.StatusUnauthorized, "clerk_key_invalid")
	if c.key = c.instance.Key(); c.key != "sk_test_two" {
		t.Errorf("the instance offers %q", c.key)
	}
	c.send("GET", "/users", nil).ok()

	other := c.server.AddInstance(emulator.InstanceConfig{ID: "ins_other", Keys: []string{"sk_test_two"}})
	if got := other.KeyIDs(); len(got) != 1 || got[0] != "key-2" && got[0] != "key-3" {
		t.Errorf("key ids of the other instance: %v", got)
	}
	if c.instance.Key() != "" || len(c.instance.KeyIDs()) != 0 {
		t.Error("a key that moved still opens its former instance")
	}
	if again := c.server.AddInstance(emulator.InstanceConfig{ID: "ins_other", Keys: []string{"sk_test_three"}}); again != other {
		t.Error("adding a known id must yield the same instance")
	}
	if c.server.Instance("ins_unknown") != nil || len(c.server.Instances()) != 2 {
		t.Errorf("instances: %v", c.server.Instances())
	}
}

func TestVersionMustBeKnownAndNamedOnce(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	for name, test := range map[string]struct {
		headers []string
		query   string
		applied string
	}{
		"None":             {nil, "", "2021-02-05"},
		"Header":           {[]string{"2025-11-10"}, "", "2025-11-10"},
		"Query":            {nil, "?__clerk_api_version=2025-04-10", "2025-04-10"},
		"Newest":           {[]string{"2026-05-12"}, "", "2026-05-12"},
		"Unknown":          {[]string{"2025-01-01"}, "", ""},
		"NoDate":           {[]string{"latest"}, "", ""},
		"HeaderAndQuery":   {[]string{"2025-04-10"}, "?__clerk_api_version=2025-04-10", ""},
		"TwoHeaders":       {[]string{"2025-04-10", "2025-04-10"}, "", ""},
		"TwiceInTheQuery":  {nil, "?__clerk_api_version=2025-04-10&__clerk_api_version=2025-04-10", ""},
		"UnknownByItsYear": {nil, "?__clerk_api_version=2027-01-01", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			got := c.send("GET", "/users"+test.query, nil, func(r *http.Request) {
				r.Header["Clerk-Api-Version"] = test.headers
			})
			if test.applied == "" {
				got.refused(http.StatusBadRequest, "api_version_invalid")
				return
			}
			if echo := got.ok().header.Get("Clerk-Api-Version"); echo != test.applied {
				t.Errorf("applied %q, want %q", echo, test.applied)
			}
		})
	}
}

func TestUnservedRoutesAreNotFound(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	for _, request := range []string{
		"GET /", "DELETE /users", "PUT /users", "GET /organizations", "POST /users/" + u.ID, "GET /users/" + u.ID + "/ban",
		"GET /users/" + u.ID + "/verify_password", "POST /users/" + u.ID + "/totp", "GET /users/" + u.ID + "/",
		"GET /users/../users", "GET //users", "POST /email_addresses/idn_x/prepare_verification",
	} {
		method, path, _ := strings.Cut(request, " ")
		c.send(method, path, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	for _, url := range []string{c.base + "/", c.base + "/v2/users", c.base + "/users"} {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		request.Header.Set("Authorization", "Bearer "+c.key)
		response, err := c.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", url, response.StatusCode)
		}
	}
}

func TestBodies(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody"})
	contentType := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", value) }
	}
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	path := "/users/" + u.ID

	t.Run("EmptyAndNullAreNoParameters", func(t *testing.T) {
		c := c.in(t)
		for _, body := range []any{nil, "", "null", " null\n", "{}"} {
			c.send("PATCH", path+"/metadata", body).ok()
			c.send("POST", path+"/ban", body).ok()
		}
	})
	t.Run("ChunkedIsRead", func(t *testing.T) {
		c := c.in(t)
		if got := c.send("PATCH", path, m{"first_name": "Ada"}, chunked).user(); text(got.FirstName) != "Ada" {
			t.Errorf("first name %s", text(got.FirstName))
		}
		c.send("POST", path+"/unban", "null", chunked).ok()
	})
	t.Run("CharsetIsTaken", func(t *testing.T) {
		c := c.in(t)
		c.send("PATCH", path, m{"first_name": "Eve"}, contentType("application/json; charset=utf-8")).ok()
	})
	t.Run("OtherTypesAreNot", func(t *testing.T) {
		c := c.in(t)
		for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", ""} {
			c.send("PATCH", path, m{"first_name": "Bob"}, contentType(kind)).
				refused(http.StatusUnsupportedMediaType, "unsupported_content_type")
		}
	})
	t.Run("BrokenJSON", func(t *testing.T) {
		c := c.in(t)
		for _, body := range []string{"{", `{"first_name":"x"}}`, "[]", `"text"`, "7"} {
			c.send("PATCH", path, body).refused(http.StatusBadRequest, "request_body_invalid")
		}
	})
	t.Run("WrongTypesAreNamed", func(t *testing.T) {
		c := c.in(t)
		c.send("PATCH", path, m{"first_name": 7}).refused(422, "form_param_value_invalid/first_name")
		c.send("PATCH", path, m{"create_organizations_limit": 1.5}).refused(422, "form_param_value_invalid/create_organizations_limit")
		c.send("POST", "/users", m{"email_address": "a@b.co"}).refused(422, "form_param_value_invalid/email_address")
		c.send("PATCH", path+"/metadata", m{"public_metadata": []int{1}}).refused(422, "form_param_value_invalid/public_metadata")
	})
	t.Run("NullWhereNoneIsAllowed", func(t *testing.T) {
		c := c.in(t)
		c.send("POST", "/users", m{"email_address": nil}).refused(422, "form_param_nil/email_address")
	})
	t.Run("UnknownFieldsAreNamedInOrder", func(t *testing.T) {
		c := c.in(t)
		c.send("PATCH", path, m{"zeta": 1, "alpha": 2, "first_name": "X"}).
			refused(422, "form_param_unknown/alpha", "form_param_unknown/zeta")
		for _, field := range []string{"banned", "locked", "email_address", "skip_user_requirement"} {
			c.send("PATCH", path, m{field: true}).refused(422, "form_param_unknown/"+field)
		}
	})
	t.Run("InvalidUTF8", func(t *testing.T) {
		c := c.in(t)
		c.send("PATCH", path, "{\"first_name\":\"\xff\"}").refused(422, "form_param_value_invalid")
	})
	t.Run("TooLarge", func(t *testing.T) {
		c := c.in(t)
		c.send("PATCH", path, `{"first_name":"`+strings.Repeat("x", 1<<20)+`"}`).
			refused(http.StatusRequestEntityTooLarge, "request_body_too_large")
	})
	if got := c.instance.User(u.ID); text(got.FirstName) != "Eve" {
		t.Errorf("a refused request changed the name to %s", text(got.FirstName))
	}
}
