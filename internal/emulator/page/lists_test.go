// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestUsersAreFound searches by each property.
func TestUsersAreFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seed := func(u emulator.User) string { return s.instance.Seed(u).ID }
	ada := seed(emulator.User{FirstName: new("Ada"), Banned: true, EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ada@example.com")}})
	grace := seed(emulator.User{Username: new("grace"), Locked: true, PrivateMetadata: map[string]any{ownerKey: "v1 c team-a/hopper u created"}})
	plain := seed(emulator.User{})
	for query, want := range map[string][]string{
		"":                                {ada, grace, plain},
		"q=ADA":                           {ada},
		"q=example.com":                   {ada},
		"q=+grace+":                       {grace},
		"q=team-a/hop":                    {grace},
		"q=" + url.QueryEscape(plain):     {plain},
		"q=nobody":                        nil,
		"state=banned":                    {ada},
		"state=locked":                    {grace},
		"state=managed":                   {grace},
		"state=not+managed":               {ada, plain},
		"state=not+managed&q=ada":         {ada},
		"state=anything-else":             {ada, grace, plain},
		"instance=" + s.instance.ID():     {ada, grace, plain},
		"instance=" + s.instance.ID()[1:]: nil,
	} {
		a := s.get("/?" + query)
		for _, id := range []string{ada, grace, plain} {
			if got := contains(a, `href="/users/`+id+`"`); got != slices.Contains(want, id) {
				t.Errorf("%q shows %s: %t", query, id, got)
			}
		}
	}
	if a := s.get("/?instance=ins_none"); a.status != http.StatusNotFound {
		t.Errorf("an unknown instance: %d", a.status)
	}
}

// TestLongListsAreCut shows the newest users and requests, and says how many there are.
func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range maxUsers + 5 {
		s.instance.Seed(emulator.User{Username: new(fmt.Sprintf("user%03d", n)), CreatedAt: int64(n + 1)})
	}
	a := s.get("/")
	a.has(t, "The newest 100 of 105 users", "user104")
	if contains(a, "user004") {
		t.Error("the oldest are shown")
	}
	for range maxRequests + 1 {
		s.call(http.MethodGet, "/users/count")
	}
	if got := count(s.get("/requests"), "<strong>GET</strong>"); got != maxRequests {
		t.Errorf("%d requests are shown", got)
	}
}

// TestInstancesAreApart has users and requests of one instance at a time.
func TestInstancesAreApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.server.AddInstance(emulator.InstanceConfig{ID: "ins_other", Keys: []string{"sk_live_other"}})
	u := other.Seed(emulator.User{Username: new("elsewhere")})
	s.call(http.MethodGet, "/users/count")
	if a := s.get("/"); contains(a, "elsewhere") || !contains(a, "ins_other") {
		t.Errorf("the first instance:\n%s", a.body)
	}
	s.get("/?instance=ins_other").has(t, "elsewhere", `href="/requests?instance=ins_other"`)
	if a := s.get("/requests?instance=ins_other"); contains(a, "/v1/users/count") {
		t.Errorf("requests to another instance:\n%s", a.body)
	}
	if a := s.post("/users/" + u.ID + "/ban"); a.status != http.StatusOK || !other.User(u.ID).Banned {
		t.Errorf("a user of the other instance: %d", a.status)
	}
}

// TestRequestsAreFiltered narrows the journal, and sees each way in which a request ends.
func TestRequestsAreFiltered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{})
	s.call(http.MethodGet, "/users/count")
	s.call(http.MethodPost, "/users/"+u.ID+"/ban")
	s.call(http.MethodPost, "/users/user_none/ban")
	s.get("/v1/instance")
	s.server.InjectFault(emulator.Fault{Status: http.StatusServiceUnavailable})
	s.call(http.MethodGet, "/users")
	for query, want := range map[string][]string{
		"":            {"/v1/users/count", u.ID + "/ban", "user_none/ban", "/v1/instance", "/v1/users</code>"},
		"kind=writes": {u.ID + "/ban", "user_none/ban"},
		"kind=failed": {"user_none/ban", "/v1/instance", "/v1/users</code>"},
		"kind=faulty": {"/v1/users</code>"},
		"path=ban":    {u.ID + "/ban", "user_none/ban"},
	} {
		a := s.get("/requests?" + query)
		a.has(t, want...)
		if got := count(a, `class="call"`); got != len(want) {
			t.Errorf("%q shows %d requests, want %d:\n%s", query, got, len(want), a.body)
		}
	}
	s.get("/requests").has(t, ">applied<", ">not applied<", "unknown key", "503", "fault-1", "404")
}
