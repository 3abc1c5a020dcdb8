// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestOtherSitesReachNothing opens pages of another site that try to use the emulator by the browser of somebody who visits them.
func TestOtherSitesReachNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.clerk.Seed(emulator.User{FirstName: new("Secretname")})
	fault := s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Times: -1})
	// The page of the other site sends a form, and tries to read and to frame.
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>evil</title><form method="post" action="%s"><input name="kind" value="public"><input name="metadata" value="{}">
			<input name="sure" value="yes"><button>go</button></form><iframe id="frame" src="%s"></iframe>`, r.URL.Query().Get("to"), s.userPage(u))
	}))
	t.Cleanup(evil.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(evil.URL, "http://"))
	sites := []string{evil.URL, "http://localhost:" + port, "http://" + reboundHost + ":" + port}
	for n, path := range []string{
		"/users/" + u.ID + "/ban", "/users/" + u.ID + "/delete", "/users/" + u.ID + "/metadata", "/faults/unavailable", "/_emulator/reset", "/_emulator/faults",
	} {
		tb := openTab(t)
		tb.open(sites[n%len(sites)] + "/?to=" + s.url + path)
		if got := eval[string](tb, `fetch('`+s.url+`/_emulator/users').then((r) => r.text()).catch(() => 'refused')`); got != "refused" {
			t.Errorf("another site reads %s", got)
		}
		// Whatever the page learns of the answer, it was sent.
		eval[string](tb, `fetch('`+s.url+path+`', { method: 'POST', mode: 'no-cors' }).then(() => 'sent', () => 'sent')`)
		if !containsAny(strings.Join(tb.complaints(), "\n"), []string{"frame-ancestors"}) {
			t.Errorf("another site may frame the page: %s", tb.complaints())
		}
		tb.next("sending the form", func() { tb.click("button") })
		if text := eval[string](tb, "document.body.innerText"); strings.Contains(text, "Secretname") {
			t.Errorf("%s gets %s", path, text)
		}
		s.is(u, "unchanged", func(u *emulator.User) bool { return !u.Banned })
		if faults := s.server.Faults(); len(faults) != 1 || faults[0].ID != fault {
			t.Fatalf("to %s: faults %+v", path, faults)
		}
	}
}

// TestReboundNamesReachNothing opens the emulator under a name of another site, which that site had resolved to this machine.
func TestReboundNamesReachNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.clerk.Seed(emulator.User{FirstName: new("Secretname")})
	_, port, _ := net.SplitHostPort(s.address)
	tb := openTab(t)
	for _, path := range []string{"/", "/users/" + u.ID, "/requests", "/faults", "/_emulator/users", "/_emulator/journal"} {
		tb.open("http://" + reboundHost + ":" + port + path)
		if text := eval[string](tb, "document.body.innerText"); strings.Contains(text, "Secretname") || !strings.Contains(text, "localhost") {
			t.Errorf("%s shows %s", path, text)
		}
	}
	for _, path := range []string{"/users/" + u.ID + "/ban", "/_emulator/reset"} {
		if got := eval[int](tb, `fetch('`+path+`', { method: 'POST' }).then((r) => r.status)`); got != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d", path, got)
		}
	}
	s.is(u, "unchanged", func(u *emulator.User) bool { return !u.Banned })
}
