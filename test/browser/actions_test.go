// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// call sends a request of a program with the key of the instance, and returns the status of the answer; 0 is none.
func (s *site) call(method, path string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+emulator.BasePath+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.clerk.Key())
	response, err := s.program.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// is fails the test unless the user at Clerk has a property.
func (s *site) is(u *emulator.User, what string, holds func(*emulator.User) bool) {
	s.t.Helper()
	if now := s.clerk.User(u.ID); now == nil || !holds(now) {
		s.t.Errorf("the user is not %s: %+v", what, now)
	}
}

// TestButtons presses every button of a user's page, with and without JavaScript.
func TestButtons(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"WithScripts": true, "WithoutScripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			u := s.clerk.Seed(emulator.User{FirstName: new("Ada"), EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ada@example.com")}})
			tb := openTab(t)
			tb.scripts(scripts)
			tb.open(s.userPage(u))
			tb.submit("/ban")
			s.is(u, "banned", func(u *emulator.User) bool { return u.Banned })
			tb.within("#title", "banned")
			tb.submit("/unban")
			s.is(u, "free", func(u *emulator.User) bool { return !u.Banned })
			tb.submit("/lock")
			s.is(u, "locked", func(u *emulator.User) bool { return u.Locked })
			tb.within("#facts", "until ")
			tb.submit("/unlock")
			s.is(u, "unlocked", func(u *emulator.User) bool { return !u.Locked })
			tb.write(`[name="first_name"]`, "")
			tb.write(`[name="last_name"]`, "Lovelace")
			tb.write(`[name="username"]`, "ada")
			tb.submit("/name")
			s.is(u, "renamed", func(u *emulator.User) bool {
				return u.FirstName == nil && *u.LastName == "Lovelace" && *u.Username == "ada"
			})
			for _, kind := range []string{"public", "private", "unsafe"} {
				tb.write("#"+kind, `{"of": "`+kind+`"}`)
				tb.next("saving it", func() { tb.click("section[aria-labelledby=" + kind + "-title] button") })
			}
			s.is(u, "described", func(u *emulator.User) bool {
				return u.PublicMetadata["of"] == "public" && u.PrivateMetadata["of"] == "private" && u.UnsafeMetadata["of"] == "unsafe"
			})
			tb.submit("/delete")
			tb.within("[role=alert]", "Tick the box")
			s.is(u, "there", func(*emulator.User) bool { return true })
			tb.click("#sure")
			tb.submit("/delete")
			tb.present("Somebody at Clerk deleted " + u.ID)
			if s.clerk.User(u.ID) != nil {
				t.Error("the user is still there")
			}
			if j := s.server.Journal(); len(j) > 0 {
				t.Errorf("the buttons are in the journal: %+v", j)
			}
			tb.uncomplaining("422 (Unprocessable Entity)")
		})
	}
}

// TestRefusedForms has the page say what is wrong, where it is, and keep what was typed.
func TestRefusedForms(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"WithScripts": true, "WithoutScripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.clerk.Seed(emulator.User{Username: new("grace")})
			u := s.clerk.Seed(emulator.User{Username: new("ada")})
			tb := openTab(t)
			tb.scripts(scripts)
			tb.open(s.userPage(u))
			tb.write("#username", "grace")
			tb.submit("/name")
			tb.within("[role=alert]", "Another user has this username")
			tb.wait("the field to have the focus and the text", `document.activeElement.id === 'username' && document.activeElement.value === 'grace'`)
			tb.write("#private", "{role: admin}")
			tb.next("saving it", func() { tb.click("section[aria-labelledby=private-title] button") })
			tb.within("#private-problem", "not a JSON object")
			tb.wait("the field to have the focus and the text", `document.activeElement.id === 'private' && document.activeElement.value.trim() === '{role: admin}'`)
			if eval[bool](tb, "document.activeElement.getBoundingClientRect().top > innerHeight") {
				t.Error("the field is out of sight")
			}
			s.is(u, "unchanged", func(u *emulator.User) bool { return *u.Username == "ada" && len(u.PrivateMetadata) == 0 })
			tb.open(eval[string](tb, "location.href"))
			tb.wait("the user's page", `location.pathname === '/users/`+u.ID+`'`)
			tb.uncomplaining("422 (Unprocessable Entity)")
		})
	}
}

// TestSearches finds users and requests.
func TestSearches(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.clerk.Seed(emulator.User{FirstName: new("Ada"), Banned: true})
	grace := s.clerk.Seed(emulator.User{FirstName: new("Grace")})
	s.call(http.MethodGet, "/users/"+grace.ID)
	s.call(http.MethodPost, "/users/"+grace.ID+"/unban")
	tb := openTab(t)
	tb.open(s.url)
	tb.write(`[name="q"]`, "gra")
	tb.next("the search", func() { tb.press("\r") })
	tb.wait("Grace alone", `document.querySelectorAll('tbody tr').length === 1 && document.body.innerText.includes('Grace')`)
	tb.open(s.url + "/?state=banned")
	tb.wait("Ada alone", `document.querySelectorAll('tbody tr').length === 1 && document.body.innerText.includes('Ada')`)
	tb.open(s.url + "/requests?kind=writes&path=" + grace.ID)
	tb.wait("the write alone", `document.querySelectorAll('tbody tr').length === 1 && document.body.innerText.includes('POST')`)
	tb.uncomplaining()
}
