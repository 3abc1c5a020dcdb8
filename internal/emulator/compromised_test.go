// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestCompromisedPassword(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "password": passphrase})
	set, unset := "/users/"+u.ID+"/password/set_compromised", "/users/"+u.ID+"/password/unset_compromised"
	for _, body := range []any{nil, "null", m{}, m{"revoke_all_sessions": nil}, m{"revoke_all_sessions": false}} {
		marked := c.send("POST", set, body).user()
		if stored := c.instance.User(u.ID); !stored.PasswordCompromised || !stored.SessionsRevokedAt.IsZero() || !marked.PasswordEnabled {
			t.Errorf("body %v: %+v", body, stored)
		}
		if again := c.send("POST", set, body).user(); again.UpdatedAt != marked.UpdatedAt {
			t.Errorf("body %v: a repeated mark is a change", body)
		}
		c.send("POST", unset, body).ok()
		if c.instance.User(u.ID).PasswordCompromised {
			t.Errorf("body %v: still marked", body)
		}
	}
	c.send("POST", set, m{"revoke_all_sessions": true}).ok()
	if stored := c.instance.User(u.ID); !stored.SessionsRevokedAt.Equal(noon) {
		t.Errorf("sessions ended %s", stored.SessionsRevokedAt)
	}
	c.send("POST", set, m{"revoke_all": true}).refused(422, "form_param_unknown/revoke_all")
	c.send("PATCH", "/users/"+u.ID, m{"password": "another password"}).ok()
	if c.instance.User(u.ID).PasswordCompromised {
		t.Error("a new password inherits the mark")
	}
}

func TestCompromisedPasswordIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "password": passphrase})
	without := c.create(m{"username": "without"})
	for _, act := range []string{"set_compromised", "unset_compromised"} {
		path := "/users/" + u.ID + "/password/" + act
		c.send("POST", "/users/user_x/password/"+act, nil).refused(http.StatusNotFound, "resource_not_found")
		for version, status := range map[string]int{"2021-02-05": 404, "2025-04-10": 404, "2025-11-10": 200, "2026-05-12": 200} {
			got := c.send("POST", path, nil, func(r *http.Request) { r.Header.Set("Clerk-Api-Version", version) })
			if got.status != status {
				t.Errorf("%s in version %s: %d, want %d", act, version, got.status, status)
			}
		}
	}
	c.send("POST", "/users/"+without.ID+"/password/set_compromised", nil).refused(http.StatusBadRequest, "no_password_set")
	if got := c.send("POST", "/users/"+without.ID+"/password/unset_compromised", nil).user(); got.UpdatedAt != without.UpdatedAt {
		t.Error("lifting no mark is a change")
	}
	c.instance.Configure(func(s *emulator.Settings) { s.PasswordDisabled = true })
	for _, act := range []string{"set_compromised", "unset_compromised"} {
		c.send("POST", "/users/"+u.ID+"/password/"+act, nil).refused(http.StatusForbidden, "password_disabled")
	}
}
