// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const passphrase = "correct horse battery"

// bcryptOf returns a cheap bcrypt digest.
func bcryptOf(t *testing.T, text string) string {
	t.Helper()
	digest, err := bcrypt.GenerateFromPassword([]byte(text), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(digest)
}

// says asserts success with exactly this body.
func (a answer) says(body string) {
	a.t.Helper()
	if got := strings.TrimSpace(string(a.ok().body)); got != body {
		a.t.Errorf("answered %s, want %s", got, body)
	}
}

func TestVerifyPassword(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	plain := c.create(m{"username": "plain", "password": passphrase})
	digested := c.create(m{"username": "digested", "password_digest": bcryptOf(t, passphrase), "password_hasher": "bcrypt"})
	other := c.create(m{"username": "other", "password_digest": strings.Repeat("0f", 16), "password_hasher": "md5"})
	without := c.create(m{"username": "without"})
	unknown := c.instance.Seed(emulator.User{Username: new("unknown"), PasswordEnabled: true})
	for name, test := range map[string]struct {
		user   string
		body   any
		status int
		code   string
	}{
		"Right":                 {plain.ID, m{"password": passphrase}, 200, ""},
		"Wrong":                 {plain.ID, m{"password": "Correct horse battery"}, 422, "incorrect_password"},
		"Empty":                 {plain.ID, m{"password": ""}, 422, "incorrect_password"},
		"RightForTheDigest":     {digested.ID, m{"password": passphrase}, 200, ""},
		"WrongForTheDigest":     {digested.ID, m{"password": "incorrect"}, 422, "incorrect_password"},
		"OfAnotherHasher":       {other.ID, m{"password": passphrase}, 422, "incorrect_password"},
		"OfASeededFlag":         {unknown.ID, m{"password": ""}, 422, "incorrect_password"},
		"WithoutPassword":       {without.ID, m{"password": ""}, 400, "no_password_set"},
		"NobodyThere":           {"user_x", m{"password": passphrase}, 404, "resource_not_found"},
		"NoBody":                {plain.ID, nil, 422, "form_param_missing/password"},
		"NoParameters":          {plain.ID, m{}, 422, "form_param_missing/password"},
		"NullPassword":          {plain.ID, m{"password": nil}, 422, "form_param_nil/password"},
		"SomethingElse":         {plain.ID, m{"password": passphrase, "code": "1"}, 422, "form_param_unknown/code"},
		"MissingBeforeNotThere": {without.ID, m{}, 422, "form_param_missing/password"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.in(t).send("POST", "/users/"+test.user+"/verify_password", test.body)
			if test.code == "" {
				got.says(`{"verified":true}`)
				return
			}
			got.refused(test.status, test.code)
		})
	}
	if got := c.send("GET", "/users/"+plain.ID, nil).user(); got.UpdatedAt != plain.UpdatedAt {
		t.Error("a verification changed the user")
	}
}

func TestTheLatestPasswordCounts(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "password": "the first password"})
	path := "/users/" + u.ID
	c.send("PATCH", path, m{"password_digest": bcryptOf(t, passphrase), "password_hasher": "bcrypt"}).ok()
	c.send("POST", path+"/verify_password", m{"password": "the first password"}).refused(422, "incorrect_password")
	c.send("POST", path+"/verify_password", m{"password": passphrase}).ok()
	c.send("PATCH", path, m{"password": "the third password"}).ok()
	c.send("POST", path+"/verify_password", m{"password": passphrase}).refused(422, "incorrect_password")
	c.send("POST", path+"/verify_password", m{"password": "the third password"}).ok()
}

func TestPwnedPasswords(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{Pwned: []string{"Tr0ub4dor&3"}}})
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID
	for _, password := range []string{"Tr0ub4dor&3", "password123"} {
		c.send("PATCH", path, m{"password": password}).refused(422, "form_password_pwned/password")
		c.send("POST", "/users", m{"username": "another", "password": password}).refused(422, "form_password_pwned/password")
	}
	c.send("PATCH", path, m{"password": "tr0ub4dor&3"}).ok()
	c.send("PATCH", path, m{"password": "Tr0ub4dor&3", "skip_password_checks": true}).ok()
	c.send("POST", path+"/verify_password", m{"password": "Tr0ub4dor&3"}).ok()
	settings := c.instance.Settings()
	settings.Pwned[0] = "changed"
	if got := c.instance.Settings().Pwned[0]; got != "Tr0ub4dor&3" {
		t.Errorf("a copy of the settings changed them: %q", got)
	}
}

func TestRemovePassword(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	for n, body := range []any{nil, "null", m{}, m{"sign_out_of_other_sessions": false}, m{"sign_out_of_other_sessions": true}} {
		u := c.create(m{"username": "user-" + strings.Repeat("x", n+1), "password": passphrase})
		path := "/users/" + u.ID
		c.server.Clock().Advance(time.Second)
		got := c.send("POST", path+"/remove_password", body).user()
		if got.PasswordEnabled || got.PasswordLastUpdatedAt != nil || got.UpdatedAt <= u.UpdatedAt {
			t.Errorf("body %v leaves a password, or its time: %+v", body, got)
		}
		stored := c.instance.User(u.ID)
		if stored.Credentials.Password != "" || stored.SessionsRevokedAt.IsZero() != (n < 4) {
			t.Errorf("body %v: sessions ended %s", body, stored.SessionsRevokedAt)
		}
		c.send("POST", path+"/verify_password", m{"password": passphrase}).refused(400, "no_password_set")
		c.server.Clock().Advance(time.Second)
		again := c.send("POST", path+"/remove_password", m{"sign_out_of_other_sessions": true}).user()
		if again.UpdatedAt != got.UpdatedAt || !c.instance.User(u.ID).SessionsRevokedAt.Equal(stored.SessionsRevokedAt) {
			t.Errorf("removing no password is a change")
		}
	}
	c.send("POST", "/users/user_x/remove_password", nil).refused(http.StatusNotFound, "resource_not_found")
	u := c.instance.Seed(emulator.User{
		Credentials: emulator.Credentials{Password: passphrase}, Directory: &emulator.Directory{Attributes: []string{"password"}},
	})
	path := "/users/" + u.ID + "/remove_password"
	c.send("POST", path, m{"sign_out_of_other_sessions": nil}).refused(422, "form_param_nil/sign_out_of_other_sessions")
	c.send("POST", path, nil).refused(http.StatusConflict, "attribute_managed_by_scim/password")
}

func TestSignOutOfOtherSessions(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "password": passphrase})
	path := "/users/" + u.ID
	c.send("PATCH", path, m{"password": passphrase, "sign_out_of_other_sessions": false}).ok()
	if at := c.instance.User(u.ID).SessionsRevokedAt; !at.IsZero() {
		t.Errorf("sessions ended %s though nobody asked", at)
	}
	c.server.Clock().Advance(time.Minute)
	c.send("PATCH", path, m{"password": passphrase, "sign_out_of_other_sessions": true}).ok()
	if at := c.instance.User(u.ID).SessionsRevokedAt; !at.Equal(noon.Add(time.Minute)) {
		t.Errorf("sessions ended %s", at)
	}
}
