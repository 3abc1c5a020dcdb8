// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestJournalRecordsEveryRequest(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Keys: []string{"sk_test_first"}})
	other := c.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_live_second"}})
	u := c.create(m{"username": "somebody"})
	c.send("POST", "/users", m{"username": "somebody"})
	c.send("GET", "/users?limit=5&external_id=%2Bx", nil)
	c.send("POST", "/users/"+u.ID+"/ban", "null")
	c.send("POST", "/users/"+u.ID+"/ban", "null")
	c.key = other.Key()
	c.send("DELETE", "/users/"+u.ID, "null")
	c.key = "sk_test_wrong"
	c.send("GET", "/nowhere", nil)

	var got []string
	for _, e := range c.server.Journal() {
		got = append(got, fmt.Sprintf("%d %s %s %s?%s %d %t %q", e.Seq, e.KeyID, e.Method, strings.Replace(e.Path, u.ID, "ID", 1), e.Query, e.Status, e.Applied, e.Body))
		if !e.Time.Equal(noon) || e.Version != "2026-05-12" {
			t.Errorf("entry %d: time %s, version %s", e.Seq, e.Time, e.Version)
		}
	}
	want := []string{
		`1 key-1 POST /v1/users? 200 true "{\"username\":\"somebody\"}"`,
		`2 key-1 POST /v1/users? 422 false "{\"username\":\"somebody\"}"`,
		`3 key-1 GET /v1/users?limit=5&external_id=%2Bx 200 false ""`,
		`4 key-1 POST /v1/users/ID/ban? 200 true "null"`,
		`5 key-1 POST /v1/users/ID/ban? 200 true "null"`,
		`6 key-2 DELETE /v1/users/ID? 404 false "null"`,
		`7  GET /v1/nowhere? 401 false ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	if len(c.instance.Journal()) != 5 || len(other.Journal()) != 1 {
		t.Errorf("journals of the instances: %d and %d entries", len(c.instance.Journal()), len(other.Journal()))
	}
	if got := c.instance.Journal().Writes().Matching("POST", "/users/*/ban"); len(got) != 2 || got[0].Seq != 4 {
		t.Errorf("bans: %+v", got)
	}
	if got := c.instance.Journal()[2].Values().Get("external_id"); got != "+x" {
		t.Errorf("external id %q", got)
	}
	for _, e := range c.server.Journal() {
		if strings.Contains(fmt.Sprintf("%+v", e), "sk_") {
			t.Errorf("a key is in the journal: %+v", e)
		}
	}
	c.instance.ResetJournal()
	if got := c.server.Journal(); len(got) != 2 || got[0].Instance != other.ID() || got[1].Instance != "" {
		t.Errorf("after a reset of one instance: %+v", got)
	}
	c.server.ResetJournal()
	c.key = c.instance.Key()
	c.send("GET", "/users", nil)
	if got := c.server.Journal(); len(got) != 1 || got[0].Seq != 8 {
		t.Errorf("after a reset: %+v", got)
	}
}

func TestJournalForgetsTheOldest(t *testing.T) {
	t.Parallel()
	server := emulator.New(emulator.Config{JournalLimit: 10})
	c := startOn(t, server, server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}}))
	for range 37 {
		c.send("GET", "/users/count", nil).ok()
	}
	got := server.Journal()
	if len(got) > 10 || len(got) < 5 || got[len(got)-1].Seq != 37 || got[len(got)-1].Status != http.StatusOK {
		t.Errorf("%d entries, the last %+v", len(got), got[len(got)-1])
	}
}

func TestPathPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"", "/v1/users", true}, {"/users", "/v1/users", true}, {"/v1/users", "/v1/users", true}, {"/users", "/v1/users/x", false},
		{"/users/*", "/v1/users/x", true}, {"/users/*", "/v1/users", false}, {"/users/*", "/v1/users/x/ban", false},
		{"/users/**", "/v1/users", true}, {"/users/**", "/v1/users/x/ban", true}, {"**", "/v1/instance", true},
		{"/users/*/metadata", "/v1/users/x/metadata", true}, {"/users/*/metadata", "/v1/users/x/ban", false}, {"/**/ban", "/v1/users/ban", true},
		{"/users/**/ban", "/v1/users/ban", true}, {"/users/count", "/v1/users/x", false},
	} {
		entries := emulator.Entries{{Method: "GET", Path: test.path}}
		if got := len(entries.Matching("", test.pattern)) == 1; got != test.want {
			t.Errorf("%q fits %q: %t", test.path, test.pattern, got)
		}
	}
}

// TestLatestRequests has what a reader sees first: the newest, with how long it took and who sent it.
func TestLatestRequests(t *testing.T) {
	t.Parallel()
	s := emulator.New(emulator.Config{})
	for _, path := range []string{"/users", "/users/count", "/instance"} {
		request := httptest.NewRequest(http.MethodGet, emulator.BasePath+path, http.NoBody)
		request.Header.Set("User-Agent", "test"+path)
		s.ServeHTTP(httptest.NewRecorder(), request)
	}
	got := s.LatestRequests(2, func(e emulator.Entry) bool { return e.Path != emulator.BasePath+"/users/count" })
	if len(got) != 2 || got[0].Path != emulator.BasePath+"/instance" || got[1].Path != emulator.BasePath+"/users" {
		t.Fatalf("latest requests: %+v", got)
	}
	if got[0].UserAgent != "test/instance" || got[0].Duration <= 0 {
		t.Errorf("%q took %s", got[0].UserAgent, got[0].Duration)
	}
	if got := s.LatestRequests(1, func(emulator.Entry) bool { return true }); len(got) != 1 {
		t.Errorf("%d requests instead of 1", len(got))
	}
	for range 10_000 {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, emulator.BasePath+"/nowhere", http.NoBody))
	}
	looked := 0
	s.LatestRequests(1, func(emulator.Entry) bool { looked++; return false })
	if looked != 10_000 {
		t.Errorf("%d requests are looked at", looked)
	}
}
