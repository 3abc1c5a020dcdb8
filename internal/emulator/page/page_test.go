// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// site is the page of an emulator with one instance.
type site struct {
	t        *testing.T
	server   *emulator.Server
	instance *emulator.Instance
	url      string
	// client is the site's own: the end of another test closes idle connections of the default one.
	client *http.Client
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_page"}})
	serving := httptest.NewServer(newPage(server, timings{quiet: time.Millisecond, alive: 50 * time.Millisecond}))
	t.Cleanup(serving.Close)
	t.Cleanup(server.Close)
	return &site{t: t, server: server, instance: instance, url: serving.URL, client: serving.Client()}
}

// answer is what a browser without JavaScript shows in the end.
type answer struct {
	status int
	body   string
	path   string
}

func (s *site) send(method, path string, form url.Values, header map[string]string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Host = header["Host"]
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, string(body), response.Request.URL.RequestURI()}
}

func (s *site) get(path string) answer { s.t.Helper(); return s.send(http.MethodGet, path, nil, nil) }

func (s *site) post(path string, pairs ...string) answer {
	s.t.Helper()
	form := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		form.Set(pairs[n], pairs[n+1])
	}
	return s.send(http.MethodPost, path, form, nil)
}

// call sends a request of a program to the API.
func (s *site) call(method, path string) answer {
	s.t.Helper()
	return s.send(method, emulator.BasePath+path, nil, map[string]string{"Authorization": "Bearer sk_test_page", "User-Agent": "program/1 (test)"})
}

// has fails the test if a text is missing.
func (a answer) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page %s has no %q:\n%s", a.path, text, a.body)
		}
	}
}

// TestPagesTakeOnlyTheirOwnForms sends what a page of another site can have a browser send.
func TestPagesTakeOnlyTheirOwnForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{})
	for name, test := range map[string]struct {
		header map[string]string
		want   int
	}{
		"OwnForm":              {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": s.url}, http.StatusOK},
		"Program":              {nil, http.StatusOK},
		"OtherSite":            {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, http.StatusForbidden},
		"OtherSiteOldBrowser":  {map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		"OtherPortOfThisHost":  {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"}, http.StatusForbidden},
		"ReboundName":          {map[string]string{"Host": "evil.example", "Origin": "http://evil.example"}, http.StatusMisdirectedRequest},
		"ReboundNameSameSite":  {map[string]string{"Host": "evil.example", "Sec-Fetch-Site": "same-origin"}, http.StatusMisdirectedRequest},
		"OriginOfAnOpaquePage": {map[string]string{"Origin": "null"}, http.StatusForbidden},
	} {
		if _, err := s.instance.Edit(u.ID, func(u *emulator.User) { u.Banned = false }); err != nil {
			t.Fatal(err)
		}
		a := s.send(http.MethodPost, "/users/"+u.ID+"/ban", url.Values{}, test.header)
		if banned := s.instance.User(u.ID).Banned; a.status != test.want || banned != (test.want == http.StatusOK) {
			t.Errorf("%s: %d, want %d; banned: %t", name, a.status, test.want, banned)
		}
	}
	if a := s.send(http.MethodGet, "/", nil, map[string]string{"Host": "evil.example"}); a.status != http.StatusMisdirectedRequest {
		t.Errorf("a page under another name can be read: %d", a.status)
	}
}

// TestPagesLoadNothingFromElsewhere reads the policy and the pages.
func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{FirstName: new("<script>alert(1)</script>"), PublicMetadata: map[string]any{"</pre><img src=x onerror=a>": 1}})
	for _, path := range []string{"/", "/users/" + u.ID, "/requests", "/faults", "/users/user_none", "/assets/style.css", "/assets/live.js"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s has the policy %q", path, policy)
		}
		for _, forbidden := range []string{"<script>", "<img src=x", "https://", "style=", "onclick"} {
			if strings.Contains(string(body), forbidden) {
				t.Errorf("%s has %q", path, forbidden)
			}
		}
	}
}

// TestOtherPathsAreTheEmulators has the page in the way of nothing.
func TestOtherPathsAreTheEmulators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call(http.MethodGet, "/users").has(t, "[]")
	s.get("/_emulator/journal").has(t, "/v1/users")
	for _, path := range []string{"/v1//users", "/v1/users/", "//v1/users", "/v1/../v1/users"} {
		if a := s.get(path); a.path != path {
			t.Errorf("%s is redirected to %s", path, a.path)
		}
	}
	if a := s.get("/nowhere"); a.status != http.StatusUnauthorized && a.status != http.StatusNotFound {
		t.Errorf("/nowhere: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/assets/nothing.css", "/assets/..%2Ftemplates%2Fuser.html", "/assets/"} {
		if a := s.get(path); a.status == http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestEventsFollowChanges reads the stream of events.
func TestEventsFollowChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the stream is %s", got)
	}
	lines := bufio.NewScanner(response.Body)
	next := func(want string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == want {
				return
			}
			if strings.HasPrefix(lines.Text(), "data:") {
				break
			}
		}
		t.Fatalf("the stream has %q instead of %q: %v", lines.Text(), want, lines.Err())
	}
	next("retry: 1000")
	next(": nothing happened")
	s.instance.Seed(emulator.User{})
	next("data: changed")
	s.call(http.MethodGet, "/users")
	next("data: changed")
	s.server.Close()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data:") {
			t.Errorf("after the end: %q", lines.Text())
		}
	}
	if lines.Err() != nil {
		t.Errorf("the stream does not end with the emulator: %v", lines.Err())
	}
}
