// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// TestButtonsActAsSomebodyAtClerk presses each button, in a browser without JavaScript.
func TestButtonsActAsSomebodyAtClerk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user   emulator.User
		action string
		form   []string
		want   func(*emulator.User) bool
		said   string
	}{
		"Ban":    {action: "ban", want: func(u *emulator.User) bool { return u.Banned }, said: "banned the user"},
		"Unban":  {user: emulator.User{Banned: true}, action: "unban", want: func(u *emulator.User) bool { return !u.Banned }, said: "lifted the ban"},
		"Lock":   {action: "lock", want: func(u *emulator.User) bool { return u.Locked }, said: "locked sign-in"},
		"Unlock": {user: emulator.User{Locked: true}, action: "unlock", want: func(u *emulator.User) bool { return !u.Locked }, said: "unlocked sign-in"},
		"Name": {
			user: emulator.User{LastName: new("Old")}, action: "name", form: []string{"first_name", " Ada ", "last_name", "", "username", "ada"},
			want: func(u *emulator.User) bool { return *u.FirstName == "Ada" && u.LastName == nil && *u.Username == "ada" },
			said: "changed the name",
		},
		"PublicMetadata": {
			user: emulator.User{PublicMetadata: map[string]any{"old": 1}}, action: "metadata", form: []string{"kind", "public", "metadata", `{"role": "admin", "n": 12345678901234567890}`},
			want: func(u *emulator.User) bool {
				return len(u.PublicMetadata) == 2 && u.PublicMetadata["n"] == json.Number("12345678901234567890")
			},
			said: "changed public metadata",
		},
		"PrivateMetadata": {
			user: emulator.User{PrivateMetadata: map[string]any{"old": 1}}, action: "metadata", form: []string{"kind", "private", "metadata", ""},
			want: func(u *emulator.User) bool { return len(u.PrivateMetadata) == 0 }, said: "changed private metadata",
		},
		"UnsafeMetadata": {
			action: "metadata", form: []string{"kind", "unsafe", "metadata", `{"a": {}}`},
			want: func(u *emulator.User) bool { return len(u.UnsafeMetadata) == 1 }, said: "changed unsafe metadata",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			u := s.instance.Seed(test.user)
			a := s.post("/users/"+u.ID+"/"+test.action, test.form...)
			if a.status != http.StatusOK || a.path != "/users/"+u.ID {
				t.Errorf("the form leads to %s: %d", a.path, a.status)
			}
			a.has(t, somebody, test.said)
			if now := s.instance.User(u.ID); !test.want(now) {
				t.Errorf("the user is %+v", now)
			}
			if j := s.server.Journal(); len(j) > 0 {
				t.Errorf("the journal has %+v", j)
			}
		})
	}
}

func TestDeletingNeedsATick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{})
	a := s.post("/users/" + u.ID + "/delete")
	if a.status != http.StatusUnprocessableEntity || s.instance.User(u.ID) == nil {
		t.Errorf("without a tick: %d", a.status)
	}
	a.has(t, `href="#sure"`, "Tick the box", "autofocus")
	a = s.post("/users/"+u.ID+"/delete", "sure", "yes")
	if a.status != http.StatusOK || s.instance.User(u.ID) != nil {
		t.Errorf("with a tick: %d", a.status)
	}
	a.has(t, "deleted <code>"+u.ID)
	for _, path := range []string{"/ban", "/name", "/metadata", "/delete"} {
		if a := s.post("/users/" + u.ID + path); a.status != http.StatusNotFound {
			t.Errorf("%s of a deleted user: %d", path, a.status)
		}
	}
}

// TestRefusedFormsStay shows what was typed beside what is wrong with it.
func TestRefusedFormsStay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.instance.Seed(emulator.User{Username: new("Grace")})
	u := s.instance.Seed(emulator.User{Username: new("ada"), PublicMetadata: map[string]any{"role": "admin"}})
	for name, test := range map[string]struct {
		path string
		form []string
		want []string
	}{
		"TakenUsername":   {"/name", []string{"username", "grace", "first_name", "Typed"}, []string{"Another user has this username.", `value="Typed"`, `href="#username"`}},
		"InvalidUsername": {"/name", []string{"username", "a b"}, []string{"no blank", `value="a b"`}},
		"NoJSON":          {"/metadata", []string{"kind", "public", "metadata", "role: admin"}, []string{errText, "role: admin</textarea>", `href="#public"`}},
		"JSONList":        {"/metadata", []string{"kind", "private", "metadata", "[1]"}, []string{errText, "[1]</textarea>"}},
		"JSONNull":        {"/metadata", []string{"kind", "unsafe", "metadata", "null"}, []string{errText}},
		"TwoObjects":      {"/metadata", []string{"kind", "unsafe", "metadata", "{} {}"}, []string{errText}},
		"UnknownKind":     {"/metadata", []string{"kind", "secret", "metadata", "{}"}, []string{"public, private or unsafe"}},
	} {
		before := s.instance.User(u.ID)
		a := s.post("/users/"+u.ID+test.path, test.form...)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, a.status)
		}
		a.has(t, test.want...)
		if diff := cmp.Diff(before, s.instance.User(u.ID)); diff != "" {
			t.Errorf("%s changes the user:\n%s", name, diff)
		}
	}
}

// TestLongFormsAreRefused says so before the form is read.
func TestLongFormsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{})
	a := s.post("/users/"+u.ID+"/metadata", "kind", "public", "metadata", `{"a":"`+strings.Repeat("x", maxForm)+`"}`)
	if a.status != http.StatusRequestEntityTooLarge || len(s.instance.User(u.ID).PublicMetadata) > 0 {
		t.Errorf("%d %s", a.status, a.body)
	}
	a.has(t, "more than 65536 bytes")
	s.post("/users/"+u.ID+"/name", "first_name", "\xff")
	if got := s.instance.User(u.ID).FirstName; got == nil || *got != "\uFFFD" {
		t.Errorf("what is no UTF-8 is stored as %v", got)
	}
}

const errText = "This is not a JSON object, such as"

// TestRefusedAddressLeadsToTheUser opens what a browser has in its address bar after a refused form.
func TestRefusedAddressLeadsToTheUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.instance.Seed(emulator.User{})
	if a := s.get("/users/" + u.ID + "/metadata"); a.path != "/users/"+u.ID || a.status != http.StatusOK {
		t.Errorf("%s: %d", a.path, a.status)
	}
	if a := s.get("/users/user_none/metadata"); a.status != http.StatusNotFound {
		t.Errorf("of nobody: %d", a.status)
	}
}

// TestUserIsShownInFull reads the page of a user who has everything.
func TestUserIsShownInFull(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mark := plan.Mark{Cluster: "cluster-1", Namespace: "team-a", Name: "grace", UID: "uid-1", Origin: v1alpha1.OriginAdopted, BannedOnDelete: true}
	u := s.instance.Seed(emulator.User{
		FirstName: new("Grace"), LastName: new("Hopper"), Username: new("amazing"), ExternalID: new("hr-7"), Banned: true, Locked: true,
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("grace@example.com"), {EmailAddress: "g@example.com", Verification: &emulator.Verification{Status: "unverified"}}},
		PhoneNumbers:   []emulator.PhoneNumber{emulator.ReservedPhone("+15555550100")},
		PublicMetadata: map[string]any{"role": "admin", "teams": []string{"a"}}, PrivateMetadata: map[string]any{v1alpha1.OwnerKey: mark.String()},
	})
	s.call(http.MethodPost, "/users/"+u.ID+"/ban")
	s.call(http.MethodGet, "/users?user_id="+u.ID)
	s.get("/users/"+u.ID).has(t,
		"<h1>Grace Hopper</h1>", u.ID, "banned</span>", "locked</span>", "grace@example.com", "primary</span>", "not verified</span>", "reserved</span>",
		"&#43;15555550100", "amazing", "hr-7", "team-a/grace", "uid-1", "cluster-1", "the operator adopted the user", "deleting the ClerkUser banned the user",
		"  &#34;role&#34;: &#34;admin&#34;,", "program/1, key-1", "<strong>POST</strong> <code>/v1/users/"+u.ID+"/ban</code>", "applied</td>", "until ",
	)
}

// TestActivityIsAboutOneUser has edits of another user, and a write that names the user in its body only.
func TestActivityIsAboutOneUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u, other := s.instance.Seed(emulator.User{}), s.instance.Seed(emulator.User{})
	s.post("/users/" + other.ID + "/lock")
	s.call(http.MethodGet, "/users/"+other.ID)
	if a := s.get("/users/" + u.ID); !contains(a, "Nobody has asked about this user yet") {
		t.Errorf("the activity of another user is shown:\n%s", a.body)
	}
	bulk := strings.NewReader(`{"user_ids":["` + u.ID + `"]}`)
	request := httptest.NewRequest(http.MethodPost, emulator.BasePath+"/users/ban", bulk)
	request.Header.Set("Authorization", "Bearer sk_test_page")
	s.server.ServeHTTP(httptest.NewRecorder(), request)
	s.get("/users/"+u.ID).has(t, "/v1/users/ban</code>")
}

// TestOwnerMarkIsUnderstood reads every mark that the operator writes, and others.
func TestOwnerMarkIsUnderstood(t *testing.T) {
	t.Parallel()
	if ownerKey != v1alpha1.OwnerKey {
		t.Errorf("the mark is under %q", v1alpha1.OwnerKey)
	}
	for _, origin := range []v1alpha1.Origin{v1alpha1.OriginCreated, v1alpha1.OriginAdopted} {
		for _, banned := range []bool{false, true} {
			mark := plan.Mark{Cluster: "c", Namespace: "team-a", Name: "ada", UID: "u", Origin: origin, BannedOnDelete: banned}
			want := owner{
				Marked: true, Readable: true, Object: "team-a/ada", UID: "u", Cluster: "c",
				Created: origin == v1alpha1.OriginCreated, BannedOnDelete: banned, Mark: mark.String(),
			}
			if diff := cmp.Diff(want, ownerOf(&emulator.User{PrivateMetadata: map[string]any{ownerKey: mark.String()}})); diff != "" {
				t.Errorf("%s (-want, +got):\n%s", mark, diff)
			}
		}
	}
	for text, value := range map[string]any{"v2 a b c d": "v2 a b c d", "": 7} {
		if got := ownerOf(&emulator.User{PrivateMetadata: map[string]any{ownerKey: value}}); !got.Marked || got.Readable || got.Mark != text {
			t.Errorf("%v: %+v", value, got)
		}
	}
	if got := ownerOf(&emulator.User{PublicMetadata: map[string]any{ownerKey: "v1 a b/c d created"}}); got.Marked {
		t.Errorf("a mark in public metadata counts: %+v", got)
	}
}
