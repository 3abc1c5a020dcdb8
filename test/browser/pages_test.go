// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// pictures is a directory for pictures of all pages; "" is none.
var pictures = flag.String("pictures", "", "write a picture of every page into this directory")

// shown is a page as somebody sees it, and what leads to it after its address is open.
type shown struct {
	path string
	act  func(*tab)
	// complaints are those of the browser that belong to the page.
	complaints string
}

// TestLooks looks at every page in each colour scheme and width: axe-core finds nothing, nothing is wider than the window, nothing is
// loaded from elsewhere, and the policy is kept.
func TestLooks(t *testing.T) {
	t.Parallel()
	script := needAxe(t)
	s := newSite(t)
	full := s.clerk.Seed(crowded())
	s.clerk.Seed(emulator.User{Banned: true, Locked: true, FirstName: new("Mallory")})
	s.call(http.MethodPost, "/users/"+full.ID+"/ban")
	s.call(http.MethodGet, "/users?limit=500&user_id="+strings.Repeat(full.ID, 8))
	s.call(http.MethodGet, "/users/user_none")
	s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Path: "/users/*", Status: 500})
	other := newSite(t)
	for name, p := range map[string]shown{
		"users":    {path: s.url + "/"},
		"empty":    {path: other.url + "/"},
		"user":     {path: s.userPage(full), act: func(tb *tab) { tb.submit("/lock") }},
		"refused":  {path: s.userPage(full), act: func(tb *tab) { tb.write("#public", "role"); tb.submit("/metadata") }, complaints: "422"},
		"requests": {path: s.url + "/requests"},
		"faults":   {path: other.url + "/faults", act: func(tb *tab) { tb.submit("/faults/latency") }},
		"injected": {path: s.url + "/faults"},
		"missing":  {path: s.url + "/users/user_none", complaints: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			tb := openTab(t)
			tb.open(p.path)
			if p.act != nil {
				p.act(tb)
			}
			tb.follows()
			for _, l := range looks() {
				tb.look(l)
				if pixels, because := tb.overhang(); pixels > 0 {
					t.Errorf("%s: the page is wider than the window by %d pixels because of\n%s", l, pixels, because)
				}
				for _, v := range tb.violations(script) {
					t.Errorf("%s: %s", l, v)
				}
				tb.draw(name)
			}
			if p.complaints == "" {
				tb.uncomplaining()
			} else {
				tb.uncomplaining(p.complaints)
			}
		})
	}
}

// crowded is a user who has much of everything.
func crowded() emulator.User {
	long := strings.Repeat("long-", 12)
	return emulator.User{
		FirstName: new("Wolfeschlegelsteinhausenbergerdorff" + long), LastName: new("<b>Lovelace</b>"), Username: new("user" + long), ExternalID: new(long + long),
		EmailAddresses: []emulator.EmailAddress{
			emulator.VerifiedEmail(long + "@subdomain.of.a.long.example.com"), emulator.ReservedEmail("grace+clerk_test@example.com"),
		},
		PhoneNumbers:    []emulator.PhoneNumber{emulator.ReservedPhone("+15555550100")},
		PublicMetadata:  map[string]any{"role": "admin", "text": strings.Repeat("no blanks", 30), "list": []int{1, 2, 3}},
		PrivateMetadata: map[string]any{"clerk-operator.io/owner": "v1 " + long + " team-" + long + "/" + long + " uid adopted banned-on-delete"},
		UnsafeMetadata:  map[string]any{"theme": map[string]any{"dark": true}}, TwoFactorEnabled: true, TOTPEnabled: true,
	}
}

// draw writes a picture if pictures are wanted.
func (tb *tab) draw(name string) {
	tb.t.Helper()
	if *pictures == "" {
		return
	}
	path := filepath.Join(*pictures, name+"-"+tb.seen.String()+".png")
	if err := os.WriteFile(path, tb.picture(), 0o600); err != nil {
		tb.t.Fatal(err)
	}
}
