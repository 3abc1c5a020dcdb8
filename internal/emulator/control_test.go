// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// control makes a control request and decodes its answer into target, unless that is nil. It returns the status.
func (c *client) control(method, path, body string, target any) int {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+emulator.ControlPath+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if target != nil {
		if err := json.Unmarshal(raw, target); err != nil {
			c.t.Fatalf("%s %s answers %s: %v", method, path, raw, err)
		}
	}
	if response.StatusCode >= 400 && !strings.Contains(string(raw), `"error"`) {
		c.t.Errorf("%s %s answers %d without saying why: %s", method, path, response.StatusCode, raw)
	}
	return response.StatusCode
}

func TestControlUsers(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	var u struct {
		emulator.User
		Hidden struct {
			LockedUntil time.Time `json:"locked_until"`
		} `json:"_emulator"`
	}
	c.control("POST", "/users", `{"username":"somebody","email_addresses":[{"email_address":"a@example.com","verification":{"status":"verified"}}],
		"private_metadata":{"n":9007199254740993,"a":"b"},"locked":true,"_emulator":{"organization_ids":["org_1"],"directory":{}}}`, &u)
	if u.EmailAddresses[0].Verification.Object != "verification_admin" || !u.Hidden.LockedUntil.Equal(noon.Add(time.Hour)) {
		t.Errorf("seeded %+v", u)
	}
	c.send("DELETE", "/users/"+u.ID, nil).refused(http.StatusConflict, "user_managed_by_scim")
	if got := c.send("GET", "/users?organization_id=org_1", nil).users(); len(got) != 1 {
		t.Error("the organization was not seeded")
	}
	if status := c.control("PATCH", "/users/"+u.ID, `{"banned":true,"private_metadata":{"x":"y"},"email_addresses":[{"email_address":"n@example.com"}],"_emulator":{}}`, nil); status != 200 {
		t.Fatalf("patched: %d", status)
	}
	after := c.instance.User(u.ID)
	if !after.Banned || len(after.PrivateMetadata) != 1 || after.Directory != nil || len(after.EmailAddresses) != 1 || after.EmailAddresses[0].Verification != nil ||
		text(after.Username) != "somebody" {
		t.Errorf("patched %+v", after)
	}
	var list []emulator.User
	if c.control("GET", "/users", "", &list); len(list) != 1 {
		t.Errorf("%d users", len(list))
	}
	if c.control("GET", "/users/"+u.ID, "", nil) != 200 || c.control("DELETE", "/users/"+u.ID, "", nil) != 200 || len(c.instance.Users()) != 0 {
		t.Error("the user was not shown or not deleted")
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if got := c.control(method, "/users/"+u.ID, "{}", nil); got != http.StatusNotFound {
			t.Errorf("%s of a deleted user: %d", method, got)
		}
	}
	for _, body := range []string{"{", `{"shoe_size":"x"}`, `{"banned":"yes"}`} {
		if got := c.control("POST", "/users", body, nil); got != http.StatusBadRequest {
			t.Errorf("seeding %s: %d", body, got)
		}
	}
	if got := len(c.server.Journal()); got != 2 {
		t.Errorf("%d entries: control requests are in the journal", got)
	}
}

func TestControlJournalAndFaults(t *testing.T) {
	t.Parallel()
	c := faulty(t)
	other := c.server.AddInstance(emulator.InstanceConfig{})
	var made struct{ ID string }
	c.control("POST", "/faults?instance="+c.instance.ID(), `{"method":"POST","path":"/users","status":503,"body":"<h1>","delay":"1ms","times":2,"header":{"Retry-After":"3"}}`, &made)
	if got := c.send("POST", "/users", m{"username": "somebody", "password": "secret words"}); got.status != 503 || got.header.Get("Retry-After") != "3" {
		t.Errorf("answered %d", got.status)
	}
	var faults []map[string]any
	c.control("GET", "/faults", "", &faults)
	if len(faults) != 1 || faults[0]["times"] != 1.0 || faults[0]["delay"] != "1ms" || faults[0]["id"] != made.ID {
		t.Errorf("faults %v", faults)
	}
	if c.control("GET", "/faults?instance="+other.ID(), "", &faults); len(faults) != 0 {
		t.Errorf("the other instance's faults %v", faults)
	}
	if c.control("DELETE", "/faults/"+made.ID, "", nil) != 200 || c.control("DELETE", "/faults/"+made.ID, "", nil) != 404 {
		t.Error("a fault must be removed once")
	}
	c.send("POST", "/users", m{"username": "somebody"}).ok()
	c.send("GET", "/users", nil).ok()

	journal := func(query string) []map[string]any {
		var entries []map[string]any
		c.control("GET", "/journal"+query, "", &entries)
		return entries
	}
	all := journal("")
	if len(all) != 3 || all[0]["fault"] != made.ID || all[0]["status"] != 503.0 || all[0]["applied"] != false || all[1]["applied"] != true ||
		all[0]["key"] != "key-1" || all[0]["instance"] != c.instance.ID() {
		t.Errorf("journal %v", all)
	}
	if _, shown := all[0]["body"]; shown {
		t.Error("a body is shown that nobody asked for")
	}
	if got := journal("?method=POST&path=/users&body=true&since=0"); len(got) != 2 || !strings.Contains(fmt.Sprint(got[0]["body"]), "secret words") {
		t.Errorf("bodies %v", got)
	}
	if len(journal("?since=2")) != 1 || len(journal("?instance="+other.ID())) != 0 || len(journal("?instance="+c.instance.ID())) != 3 {
		t.Error("the journal is not filtered")
	}
	c.control("DELETE", "/journal?instance="+other.ID(), "", nil)
	if len(journal("")) != 3 {
		t.Error("another instance's journal was reset")
	}
	c.control("DELETE", "/journal", "", nil)
	if len(journal("")) != 0 {
		t.Error("the journal was not reset")
	}
	c.control("POST", "/faults", `{"status":500,"times":-1}`, nil)
	c.control("DELETE", "/faults?instance="+c.instance.ID(), "", nil)
	if got := c.send("GET", "/users", nil); got.status != 500 {
		t.Errorf("a fault of no instance was removed with those of one: %d", got.status)
	}
	c.control("DELETE", "/faults", "", nil)
	c.send("GET", "/users", nil).ok()
	for body, want := range map[string]int{
		`{"status":99}`: 400, `{"status":700}`: 400, `{"instance":"ins_x","status":500}`: 404, `{"delay":"soon"}`: 400, `{"statuss":1}`: 400, `[]`: 400,
	} {
		if got := c.control("POST", "/faults", body, nil); got != want {
			t.Errorf("injecting %s: %d, want %d", body, got, want)
		}
	}
}

func TestControlInstancesAndKeys(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Keys: []string{"sk_test_a"}})
	type summary struct {
		ID, Environment string
		Keys            []string
		Users           int
		Settings        map[string]any
	}
	var made summary
	var instances []summary
	c.control("POST", "/instances", `{"id":"ins_new","environment":"production","keys":["sk_test_b"],"settings":{"list_lag":"2s","required":["password"]}}`, &made)
	if made.ID != "ins_new" || made.Environment != "production" || made.Settings["list_lag"] != "2s" {
		t.Errorf("added %v", made)
	}
	c.control("GET", "/instances", "", &instances)
	if len(instances) != 2 || instances[1].Keys[0] != "key-2" || instances[0].Users != 0 {
		t.Errorf("instances %v", instances)
	}
	var key struct{ ID string }
	c.control("POST", "/keys?instance=ins_new", `{"key":"sk_test_c"}`, &key)
	c.key = "sk_test_c"
	c.send("GET", "/instance", nil).ok()
	if c.control("DELETE", "/keys/"+key.ID, "", nil) != 200 || c.control("DELETE", "/keys/"+key.ID, "", nil) != 404 {
		t.Error("a key must be revoked once")
	}
	c.send("GET", "/instance", nil).refused(http.StatusUnauthorized, "clerk_key_invalid")
	for request, want := range map[string]int{
		`POST /instances {}`: 400, `POST /instances {"keys":["sk_x"],"environment":"staging"}`: 400, `POST /instances {`: 400,
		`POST /keys?instance=ins_new {}`: 400, `POST /keys?instance=ins_new {`: 400, `POST /keys {"key":"x"}`: 400, `POST /keys?instance=ins_x {"key":"x"}`: 404,
		`GET /users {}`: 400, `POST /users {}`: 400, `GET /settings {}`: 400, `PATCH /settings {}`: 400, `GET /users/user_x?instance=ins_x {}`: 404,
		`GET /faults?instance=ins_x {}`: 404, `POST /faults?instance=ins_x {}`: 404, `DELETE /faults?instance=ins_x {}`: 404, `GET /journal?instance=ins_x {}`: 404,
		`GET /journal?since=x {}`: 400, `DELETE /journal?instance=ins_x {}`: 404, `POST /reset?instance=ins_x {}`: 404, `GET /nothing {}`: 404, `PUT /users {}`: 404,
	} {
		parts := strings.SplitN(request, " ", 3)
		if got := c.control(parts[0], parts[1], parts[2], nil); got != want {
			t.Errorf("%s: %d, want %d", request, got, want)
		}
	}
}

func TestControlSettingsClockAndReset(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{Required: []string{"password"}}})
	var settings map[string]any
	c.control("PATCH", "/settings", `{"list_lag":"3s","get_lag":"1s","lockout_duration":"-1s","ban_unsupported":true,"blocked":["@x.example.com"]}`, &settings)
	got := c.instance.Settings()
	if got.ListLag != 3*time.Second || got.GetLag != time.Second || got.LockoutDuration != -time.Second || !got.BanUnsupported ||
		len(got.Required) != 1 || len(got.Blocked) != 1 || settings["lockout_duration"] != "-1s" {
		t.Errorf("settings %+v, shown %v", got, settings)
	}
	c.control("PATCH", "/settings", `{"required":[],"get_lag":"0s"}`, nil)
	if c.control("GET", "/settings", "", &settings); len(c.instance.Settings().Required) != 0 || settings["list_lag"] != "3s" {
		t.Errorf("settings %v", settings)
	}
	for _, body := range []string{`{"list_lag":3}`, `{"nothing":1}`, `7`} {
		if status := c.control("PATCH", "/settings", body, nil); status != http.StatusBadRequest {
			t.Errorf("setting %s: %d", body, status)
		}
	}
	var clock struct{ Now time.Time }
	c.control("POST", "/clock", `{"advance":"90m"}`, &clock)
	if !clock.Now.Equal(noon.Add(90 * time.Minute)) {
		t.Errorf("clock %s", clock.Now)
	}
	c.control("POST", "/clock", `{"now":"2030-01-01T00:00:00Z","advance":"1s"}`, nil)
	if c.control("GET", "/clock", "", &clock); clock.Now.Unix() != 1893456001 {
		t.Errorf("clock %s", clock.Now)
	}
	if c.control("POST", "/clock", `{"advance":"a while"}`, nil) != http.StatusBadRequest {
		t.Error("a clock that is advanced by a while")
	}
	other := c.server.AddInstance(emulator.InstanceConfig{})
	other.Seed(emulator.User{})
	c.instance.Seed(emulator.User{})
	c.control("POST", "/reset?instance="+other.ID(), "", nil)
	if len(other.Users()) != 0 || len(c.instance.Users()) != 1 {
		t.Error("the wrong instance was reset")
	}
	c.control("POST", "/reset", "", nil)
	if len(c.instance.Users()) != 0 {
		t.Error("not everything was reset")
	}
}

func TestPagesOfOtherOriginsChangeNothing(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.control("POST", "/users", `{"username":"somebody"}`, nil)
	for name, test := range map[string]struct {
		header map[string]string
		want   int
	}{
		"OtherSite":        {map[string]string{"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}, http.StatusForbidden},
		"OtherPort":        {map[string]string{"Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
		"OldBrowser":       {map[string]string{"Origin": "https://other.example"}, http.StatusForbidden},
		"OriginOfASandbox": {map[string]string{"Origin": "null"}, http.StatusForbidden},
		"OwnPage":          {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": c.base}, http.StatusOK},
		"Curl":             {nil, http.StatusOK},
	} {
		for _, path := range []string{"/reset", "/users"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.base+emulator.ControlPath+path, strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range test.header {
				request.Header.Set(key, value)
			}
			before := len(c.instance.Users())
			response, err := c.http.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != test.want || test.want == http.StatusForbidden && len(c.instance.Users()) != before {
				t.Errorf("%s: POST %s answers %d and leaves %d of %d users, want %d", name, path, response.StatusCode, len(c.instance.Users()), before, test.want)
			}
		}
	}
}
