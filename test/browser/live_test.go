// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestPagesFollow has two tabs open while something happens, and the emulator end and come back.
func TestPagesFollow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.clerk.Seed(emulator.User{FirstName: new("Ada")})
	list, user := openTab(t), openTab(t)
	list.open(s.url)
	user.open(s.userPage(u))
	list.follows()
	user.follows()
	s.clerk.Seed(emulator.User{FirstName: new("Grace")})
	list.within("#users", "Grace")
	edit := func(change func(*emulator.User)) {
		t.Helper()
		if _, err := s.clerk.Edit(u.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(u *emulator.User) { u.Banned = true })
	list.within("#users", "banned")
	user.within("#title", "banned")

	s.close()
	user.within("#live", "not connected")
	// A server that was closed does not serve streams again.
	s.server = emulator.New(emulator.Config{})
	s.clerk = s.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_browser"}})
	s.clerk.Seed(emulator.User{ID: u.ID, FirstName: new("Anita")})
	s.serve(s.address)
	user.follows()
	user.within("#title", "Anita")
	if err := s.clerk.Delete(u.ID); err != nil {
		t.Fatal(err)
	}
	user.present("There is no user with this id here any more")
	list.within("#users", "There are no users yet")
}

// TestHiddenTabsCloseTheirStream has more tabs open than a browser has connections to a server. Those that nobody sees leave them to the others.
func TestHiddenTabsCloseTheirStream(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const connections = 6
	hide := func(tb *tab, hidden string) {
		t.Helper()
		eval[string](tb, `(Object.defineProperty(document, 'hidden', { value: `+hidden+`, configurable: true }),
			document.dispatchEvent(new Event('visibilitychange')), '')`)
	}
	var first *tab
	for range connections + 1 {
		tb := openTab(t)
		tb.open(s.url)
		tb.follows()
		hide(tb, "true")
		if first == nil {
			first = tb
		}
	}
	s.clerk.Seed(emulator.User{FirstName: new("Ada")})
	if eval[bool](first, `document.body.innerText.includes('Ada')`) {
		t.Error("a hidden tab follows")
	}
	hide(first, "false")
	first.within("#users", "Ada")
	s.clerk.Seed(emulator.User{FirstName: new("Grace")})
	first.within("#users", "Grace")
}

// TestUpdatesLeaveSomebodyAlone has somebody type and go by keyboard while the page updates.
func TestUpdatesLeaveSomebodyAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.clerk.Seed(emulator.User{FirstName: new("Ada"), LastName: new("L")})
	tb := openTab(t)
	tb.open(s.userPage(u))
	tb.follows()
	tb.write(`[name="first_name"]`, "Typed")
	tb.write("#public", `{"typed": 1}`)
	if _, err := s.clerk.Edit(u.ID, func(u *emulator.User) {
		u.FirstName, u.LastName, u.PublicMetadata, u.Banned = new("Other"), new("Lovelace"), map[string]any{"other": 1}, true
	}); err != nil {
		t.Fatal(err)
	}
	tb.within("#title", "Other Lovelace")
	tb.wait("an untouched field to follow", `document.querySelector('[name="last_name"]').value === 'Lovelace'`)
	if got := eval[string](tb, `document.querySelector('[name="first_name"]').value + document.querySelector('#public').value`); got != `Typed{"typed": 1}` {
		t.Errorf("somebody has typed, and the fields have %q", got)
	}
	eval[string](tb, `(document.querySelector('#ban').focus(), '')`)
	if _, err := s.clerk.Edit(u.ID, func(u *emulator.User) { u.Banned = false }); err != nil {
		t.Fatal(err)
	}
	tb.wait("the other button", `document.querySelector('#ban').innerText === 'Ban'`)
	if got := eval[string](tb, "document.activeElement.id"); got != "ban" {
		t.Errorf("the focus is on %q", got)
	}
	tb.uncomplaining()
}

// TestKeyboardAlone reaches everything by Tab, sees where it is, and bans a user.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.clerk.Seed(emulator.User{FirstName: new("Ada")})
	tb := openTab(t)
	for _, address := range []string{s.url, s.userPage(u), s.url + "/requests", s.url + "/faults"} {
		tb.open(address)
		want := eval[int](tb, `document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, [tabindex="0"]').length`)
		seen := map[string]bool{}
		for range want {
			tb.press("\t")
			at := eval[string](tb, `((e) => {
				if (e === document.body) return ''
				const shape = getComputedStyle(e), box = e.getBoundingClientRect()
				if (shape.outlineStyle === 'none' || box.width < 5 || box.bottom < 0 || box.top > innerHeight) throw new Error('unseen: ' + e.outerHTML)
				return [...document.querySelectorAll('*')].indexOf(e) + e.outerHTML
			})(document.activeElement)`)
			seen[at] = true
		}
		if len(seen) != want || seen[""] {
			t.Errorf("%s: Tab reaches %d of %d", address, len(seen), want)
		}
	}
	tb.open(s.url)
	tb.press("\t")
	tb.press("\r")
	tb.wait("the skip link to lead to the content", `location.hash === '#main'`)
	tb.open(s.userPage(u))
	for range 40 {
		tb.press("\t")
		if eval[string](tb, "document.activeElement.id") == "ban" {
			break
		}
	}
	tb.next("the ban", func() { tb.press("\r") })
	s.is(u, "banned", func(u *emulator.User) bool { return u.Banned })
}
