// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestSomebodyChangesARole changes what a ClerkUser declares, by the page, and watches how the operator corrects it.
func TestSomebodyChangesARole(t *testing.T) {
	t.Parallel()
	c := newSite(t).operate()
	u := c.clerk.User(c.user("ada", v1alpha1.ClerkUserSpec{
		EmailAddresses: []v1alpha1.EmailAddress{{Address: "ada+clerk_test@example.com"}},
		FirstName:      new("Ada"),
		PublicMetadata: &runtime.RawExtension{Raw: []byte(`{"role": "admin"}`)},
		Banned:         new(true),
	}).Status.UserID)
	tb := openTab(t)
	tb.open(c.url)
	tb.next("the user's page", func() { tb.click(`a[href="/users/` + u.ID + `"]`) })
	tb.follows()
	tb.within("#facts", c.namespace+"/ada")
	c.server.ResetJournal()

	tb.write("#public", `{"role": "owner", "plan": "gold"}`)
	tb.submit("/metadata")
	tb.follows()
	// From here on nobody touches the page.
	tb.within("#activity", "PATCH")
	tb.within("#activity", "changed public metadata")
	tb.within("#facts pre", `"role": "admin"`)
	tb.within("#facts pre", `"plan": "gold"`)
	tb.wait("the form to have the role", `document.querySelector('#public').value.includes('admin')`)
	c.expectReason("ada", v1alpha1.ReasonInSync)
	if shown := eval[int](tb, `[...document.querySelectorAll('#activity strong')].filter((e) => e.innerText === 'PATCH').length`); shown != 1 {
		t.Errorf("the page shows %d PATCH requests", shown)
	}

	tb.submit("/unban")
	tb.within("#activity", "lifted the ban")
	tb.within("#title", "banned")
	tb.within("#actions", "Lift the ban")
	c.expectReason("ada", v1alpha1.ReasonInSync)
	var writes []string
	for _, e := range c.clerk.Journal().Writes() {
		writes = append(writes, e.Method+" "+strings.ReplaceAll(e.Path, u.ID, "{id}"))
	}
	if got := strings.Join(writes, ", "); got != "PATCH /v1/users/{id}/metadata, POST /v1/users/{id}/ban" {
		t.Errorf("the operator wrote %s", got)
	}
	tb.uncomplaining()
}

// TestSomebodySwitchesAnOutageOn sees the outage in Kubernetes and on the page, and its end.
func TestSomebodySwitchesAnOutageOn(t *testing.T) {
	t.Parallel()
	c := newSite(t).operate()
	tb := openTab(t)
	tb.open(c.url + "/faults")
	tb.submit("/faults/unavailable")
	tb.present("Outage is switched on")
	u := &v1alpha1.ClerkUser{Spec: v1alpha1.ClerkUserSpec{Username: new("grace")}}
	u.Namespace, u.Name = c.namespace, "grace"
	c.create(u)
	tb.next("the requests", func() { tb.click(`a[href^="/requests"]`) })
	tb.within("#journal", "503")
	tb.within("#journal", "clerk-operator/")
	tb.open(c.url + "/faults")
	tb.submit("/faults/off")
	if got := c.server.Faults(); len(got) > 0 {
		t.Errorf("faults: %+v", got)
	}
	c.expectReason("grace", v1alpha1.ReasonInSync)
	tb.open(c.url)
	tb.within("#users", "grace")
	tb.uncomplaining()
}

// TestFaultsAreSeenByPrograms switches each fault on and off by its button.
func TestFaultsAreSeenByPrograms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tb := openTab(t)
	for name, status := range map[string]int{"rate-limit": http.StatusTooManyRequests, "unavailable": http.StatusServiceUnavailable, "lost-answer": http.StatusOK, "latency": 0} {
		tb.open(s.url + "/faults")
		tb.submit("/faults/" + name)
		tb.within("li.on", "Switch off")
		if status != 0 {
			if got := s.call(http.MethodGet, "/users"); got != status {
				t.Errorf("%s: a program gets %d", name, got)
			}
		}
		if got := len(s.server.Faults()); got != 1 {
			t.Errorf("%s: %d faults are on", name, got)
		}
		tb.submit("/faults/off")
		if got := s.call(http.MethodGet, "/users"); got != http.StatusOK {
			t.Errorf("after %s, a program gets %d", name, got)
		}
	}
	tb.uncomplaining()
}
