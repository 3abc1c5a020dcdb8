// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// edit changes a user from outside.
func (c *client) edit(id string, change func(*emulator.User)) *emulator.User {
	c.t.Helper()
	u, err := c.instance.Edit(id, change)
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

func TestSeededCredentialsCount(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{Username: new("somebody"), Credentials: emulator.Credentials{
		Password: passphrase, TOTPSecret: rfcSecret, BackupCodes: []string{"backup-1"},
	}})
	if !u.PasswordEnabled || *u.PasswordLastUpdatedAt != noon.UnixMilli() || !u.TOTPEnabled || !u.BackupCodeEnabled || !u.TwoFactorEnabled {
		t.Errorf("seeded %+v", u)
	}
	c.send("POST", "/users/"+u.ID+"/verify_password", m{"password": passphrase}).ok()
	c.send("POST", "/users/"+u.ID+"/verify_totp", m{"code": "backup-1"}).ok()
	old := c.instance.Seed(emulator.User{
		PasswordLastUpdatedAt: new(int64(5)), PasswordCompromised: true, TwoFactorEnabled: true,
		Credentials: emulator.Credentials{PasswordDigest: bcryptOf(t, passphrase), PasswordHasher: "bcrypt"},
	})
	if *old.PasswordLastUpdatedAt != 5 || !old.PasswordCompromised || !old.TwoFactorEnabled || old.MFAEnabledAt != nil {
		t.Errorf("what was seeded did not stay: %+v", old)
	}
}

func TestPasswordsChangedFromOutside(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "password": passphrase})
	c.send("POST", "/users/"+u.ID+"/password/set_compromised", nil).ok()
	c.server.Clock().Advance(time.Second)

	same := c.edit(u.ID, func(u *emulator.User) { u.FirstName = new("Ada") })
	if !same.PasswordCompromised || *same.PasswordLastUpdatedAt != noon.UnixMilli() {
		t.Error("another edit touched the password")
	}
	changed := c.edit(u.ID, func(u *emulator.User) { u.Credentials.Password = "set by somebody else" })
	if *changed.PasswordLastUpdatedAt != noon.UnixMilli()+1000 || changed.PasswordCompromised {
		t.Errorf("changed at %d, compromised %t", *changed.PasswordLastUpdatedAt, changed.PasswordCompromised)
	}
	c.send("POST", "/users/"+u.ID+"/verify_password", m{"password": "set by somebody else"}).ok()
	timed := c.edit(u.ID, func(u *emulator.User) {
		u.Credentials.Password, u.PasswordLastUpdatedAt, u.PasswordCompromised = passphrase, new(int64(7)), true
	})
	if *timed.PasswordLastUpdatedAt != 7 || !timed.PasswordCompromised {
		t.Errorf("what the edit set did not stay: %+v", timed)
	}
	for name, drop := range map[string]func(*emulator.User){
		"Flag":        func(u *emulator.User) { u.PasswordEnabled = false },
		"Credentials": func(u *emulator.User) { u.Credentials = emulator.Credentials{} },
	} {
		got := c.edit(u.ID, drop)
		if got.PasswordEnabled || got.PasswordLastUpdatedAt != nil || got.Credentials.Password != "" || got.PasswordCompromised {
			t.Errorf("dropped by %s: %+v", name, got)
		}
		c.edit(u.ID, func(u *emulator.User) { u.Credentials.Password = passphrase })
	}
	c.edit(u.ID, func(u *emulator.User) { u.PasswordEnabled = false })
	if got := c.edit(u.ID, func(u *emulator.User) { u.PasswordEnabled = true }); *got.PasswordLastUpdatedAt != noon.UnixMilli()+1000 {
		t.Error("a password nobody knows has no time")
	}
	if got := c.edit(u.ID, func(u *emulator.User) { u.PasswordLastUpdatedAt = new(int64(9)) }); *got.PasswordLastUpdatedAt != 9 {
		t.Error("the time alone cannot be changed")
	}
}

func TestSecondFactorsChangedFromOutside(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Username: new("somebody"), PhoneNumbers: []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100")},
	})
	at := noon.UnixMilli()
	for _, step := range []struct {
		name   string
		change func(*emulator.User)
		want   factors
	}{
		{
			"Secret", func(u *emulator.User) { u.Credentials.TOTPSecret = rfcSecret },
			factors{TwoFactor: true, TOTP: true, EnabledAt: at, Reserved: []bool{false}},
		},
		{
			"Codes", func(u *emulator.User) { u.Credentials.BackupCodes = []string{"a"} },
			factors{TwoFactor: true, TOTP: true, BackupCode: true, EnabledAt: at, Reserved: []bool{false}},
		},
		{
			"Flags", func(u *emulator.User) { u.TOTPEnabled, u.BackupCodeEnabled = false, false },
			factors{EnabledAt: at, DisabledAt: at, Reserved: []bool{false}},
		},
		{
			"Phone", func(u *emulator.User) { u.PhoneNumbers[0].ReservedForSecondFactor = true },
			factors{TwoFactor: true, EnabledAt: at, DisabledAt: at, Reserved: []bool{true}},
		},
	} {
		got := c.edit(u.ID, step.change)
		if diff := cmp.Diff(step.want, factorsOf(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if step.name == "Flags" && (got.Credentials.TOTPSecret != "" || got.Credentials.BackupCodes != nil) {
			t.Error("a flag that was taken back leaves its credential")
		}
	}
	c.edit(u.ID, func(u *emulator.User) { u.Credentials.TOTPSecret, u.Credentials.BackupCodes = rfcSecret, []string{"a"} })
	if got := c.edit(u.ID, func(u *emulator.User) { u.Credentials = emulator.Credentials{} }); got.TOTPEnabled || got.BackupCodeEnabled {
		t.Error("a credential that was taken back leaves its flag")
	}
}

func TestControlCredentials(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	var u emulator.User
	c.control("POST", "/users", `{"username":"somebody","passkeys":[{"name":"laptop"}],
		"_credentials":{"password":"short","totp_secret":"`+rfcSecret+`","backup_codes":["backup-1","backup-2"]},
		"_emulator":{"trusted_devices":[{"id":"tdev_a"}],"password_compromised":true}}`, &u)
	path := "/users/" + u.ID
	c.send("POST", path+"/verify_password", m{"password": "short"}).ok()
	c.send("POST", path+"/verify_totp", m{"code": "backup-1"}).ok()
	if c.devices(u.ID).TotalCount != 1 || len(u.Passkeys) != 1 || !strings.HasPrefix(u.Passkeys[0].ID, "idn_") || !u.TwoFactorEnabled {
		t.Errorf("seeded %+v", u)
	}
	shown := func() (document struct {
		emulator.User
		Hidden struct {
			PasswordCompromised bool                     `json:"password_compromised"`
			SessionsRevokedAt   time.Time                `json:"sessions_revoked_at"`
			TrustedDevices      []emulator.TrustedDevice `json:"trusted_devices"`
		} `json:"_emulator"`
	},
	) {
		var raw json.RawMessage
		c.control("GET", path, "", &raw)
		for _, secret := range []string{"short", rfcSecret, "backup-2", "_credentials"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("the control path shows %q", secret)
			}
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		return document
	}
	if got := shown(); !got.Hidden.PasswordCompromised || !got.Hidden.SessionsRevokedAt.IsZero() || len(got.Hidden.TrustedDevices) != 1 {
		t.Errorf("shown %+v", got.Hidden)
	}
	c.server.Clock().Advance(time.Second)
	c.send("POST", path+"/password/set_compromised", m{"revoke_all_sessions": true}).ok()
	if got := shown(); !got.Hidden.SessionsRevokedAt.Equal(noon.Add(time.Second)) {
		t.Errorf("sessions ended %s", got.Hidden.SessionsRevokedAt)
	}
	c.control("PATCH", path, `{"_credentials":{"password":"short"}}`, nil)
	got := shown()
	if *got.PasswordLastUpdatedAt != noon.UnixMilli()+1000 || got.Hidden.PasswordCompromised ||
		len(got.Hidden.TrustedDevices) != 1 || !got.TOTPEnabled {
		t.Errorf("after writing the same password again: %+v", got)
	}
	c.control("PATCH", path, `{"password_enabled":false}`, nil)
	c.send("POST", path+"/verify_password", m{"password": "short"}).refused(400, "no_password_set")
	c.control("PATCH", path, `{"first_name":"Ada"}`, nil)
	c.send("POST", path+"/verify_totp", m{"code": "backup-2"}).ok()
	if c.control("PATCH", path, `{"_credentials":{"pin":"1"}}`, nil) != 400 {
		t.Error("an unknown credential is taken")
	}
	c.control("POST", "/users", `{"username":"old","password_last_updated_at":5,"_credentials":{"password":"short"}}`, &u)
	if *u.PasswordLastUpdatedAt != 5 {
		t.Errorf("seeded password time %d", *u.PasswordLastUpdatedAt)
	}
}
