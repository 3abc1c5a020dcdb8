// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func contains(a answer, text string) bool { return strings.Contains(a.body, text) }

func count(a answer, text string) int { return strings.Count(a.body, text) }

// TestFaultsAreSwitched switches each fault on, sees a program suffer from it, and switches it off.
func TestFaultsAreSwitched(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		title string
		// suffers sends requests and reports whether they met the fault.
		suffers func(s *site, id string) bool
	}{
		"rate-limit": {"Too many requests", func(s *site, _ string) bool {
			return s.call(http.MethodGet, "/users").status == http.StatusTooManyRequests
		}},
		"unavailable": {"Outage", func(s *site, _ string) bool {
			return s.call(http.MethodGet, "/users").status == http.StatusServiceUnavailable
		}},
		"lost-answer": {"Lost answers", func(s *site, id string) bool {
			if s.call(http.MethodGet, "/users").status != http.StatusOK {
				s.t.Error("a read suffers, too")
			}
			request, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+emulator.BasePath+"/users/"+id+"/ban", http.NoBody)
			request.Header.Set("Authorization", "Bearer sk_test_page")
			response, err := s.client.Do(request)
			if err == nil {
				response.Body.Close()
			}
			if !s.instance.User(id).Banned {
				s.t.Error("the write is not carried out")
			}
			return err != nil
		}},
		"latency": {"Slow answers", func(s *site, _ string) bool {
			if faults := s.server.Faults(); len(faults) == 1 {
				return faults[0].Delay == slow && faults[0].Times < 0
			}
			return false
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			u := s.instance.Seed(emulator.User{})
			if test.suffers(s, u.ID) {
				t.Error("there is a fault before the switch")
			}
			a := s.post("/faults/" + name)
			a.has(t, "<strong>"+test.title+"</strong> is switched on")
			if a.path != "/faults" || count(a, "Switch off") != 1 {
				t.Errorf("the switch leads to %s", a.path)
			}
			for range 2 {
				if !test.suffers(s, u.ID) {
					t.Error("there is no fault")
				}
			}
			s.get("/").has(t, test.title)
			s.post("/faults/off")
			if test.suffers(s, u.ID) || len(s.server.Faults()) > 0 {
				t.Error("the fault stays")
			}
		})
	}
}

// TestOneFaultIsOnAtATime has another switch, and somebody else who removes and injects faults.
func TestOneFaultIsOnAtATime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Path: "/users/*", Status: 500, Times: 3})
	s.post("/faults/unavailable")
	a := s.post("/faults/rate-limit")
	if count(a, "Switch off") != 1 || len(s.server.Faults()) != 2 {
		t.Errorf("faults: %+v", s.server.Faults())
	}
	a.has(t, other, "DELETE /users/*, 3 times more")
	s.post("/faults/" + other + "/remove")
	if faults := s.server.Faults(); len(faults) != 1 || faults[0].ID == other {
		t.Errorf("faults: %+v", faults)
	}
	s.server.ClearFaults()
	if a := s.get("/faults"); contains(a, "Switch off") || contains(a, "is switched on") {
		t.Errorf("a fault that somebody removed is still on:\n%s", a.body)
	}
	if a := s.post("/faults/none"); a.status != http.StatusNotFound {
		t.Errorf("an unknown fault: %d", a.status)
	}
	if a := s.get("/faults/rate-limit"); a.path != "/faults" {
		t.Errorf("the address of a form leads to %s", a.path)
	}
}
