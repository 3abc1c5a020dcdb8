// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestBan(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	banned := c.send("POST", "/users/"+u.ID+"/ban", "null").user()
	if !banned.Banned || banned.UpdatedAt <= u.UpdatedAt {
		t.Errorf("banned %t, updated_at moved by %d", banned.Banned, banned.UpdatedAt-u.UpdatedAt)
	}
	if again := c.send("POST", "/users/"+u.ID+"/ban", nil).user(); !again.Banned || again.UpdatedAt != banned.UpdatedAt {
		t.Error("a repeated ban is a change")
	}
	if free := c.send("POST", "/users/"+u.ID+"/unban", "{}").user(); free.Banned {
		t.Error("still banned")
	}
	c.instance.Configure(func(s *emulator.Settings) { s.BanUnsupported = true })
	refused := c.send("POST", "/users/"+u.ID+"/ban", nil)
	refused.refused(http.StatusPaymentRequired, "unsupported_subscription_plan_features")
	if got := refused.refusal().Errors[0].Meta.UnsupportedFeatures; len(got) != 1 {
		t.Errorf("unsupported features %v", got)
	}
	c.send("POST", "/users/"+u.ID+"/unban", nil).refused(http.StatusPaymentRequired, "unsupported_subscription_plan_features")
	c.send("POST", "/users/ban", m{"user_ids": []string{u.ID}}).refused(http.StatusPaymentRequired, "unsupported_subscription_plan_features")
}

func TestBulkBan(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Environment: emulator.Production})
	var ids []string
	for n := range 51 {
		ids = append(ids, c.create(m{"username": "user-" + strconv.Itoa(n)}).ID)
	}
	wanted := []string{ids[3], ids[1], ids[3]}
	users := c.send("POST", "/users/ban", m{"user_ids": wanted}).users()
	if len(users) != 2 || users[0].ID != ids[3] || !users[1].Banned {
		t.Errorf("%d users came back", len(users))
	}
	c.send("POST", "/users/ban", m{"user_ids": append(slices.Clone(ids[:2]), "user_x")}).refused(http.StatusNotFound, "resource_not_found")
	if c.instance.User(ids[0]).Banned {
		t.Error("somebody was banned although another did not exist")
	}
	c.send("POST", "/users/ban", m{"user_ids": ids}).refused(http.StatusBadRequest, "bulk_size_exceeded")
	c.send("POST", "/users/ban", m{"user_ids": ids[:50]}).ok()
	c.send("POST", "/users/unban", m{"user_ids": ids[:1]}).ok()
	if c.instance.User(ids[0]).Banned || !c.instance.User(ids[49]).Banned {
		t.Error("the wrong users are banned")
	}
	for _, body := range []any{"null", m{}, m{"user_ids": []string{}}} {
		c.send("POST", "/users/unban", body).refused(422, "form_param_missing/user_ids")
	}
	c.send("POST", "/users/unban", m{"user_ids": ids[:1], "reason": "x"}).refused(422, "form_param_unknown/reason")
}

func TestLockLapses(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID
	locked := c.send("POST", path+"/lock", "null").user()
	if !locked.Locked || *locked.LockoutExpiresInSeconds != 3600 || locked.UpdatedAt <= u.UpdatedAt {
		t.Errorf("locked %t for %d s", locked.Locked, *locked.LockoutExpiresInSeconds)
	}
	c.server.Clock().Advance(20*time.Minute + 300*time.Millisecond)
	again := c.send("POST", path+"/lock", "null").user()
	if *again.LockoutExpiresInSeconds != 2400 || again.UpdatedAt != locked.UpdatedAt {
		t.Errorf("a second lock leaves %d s", *again.LockoutExpiresInSeconds)
	}
	if got := c.send("GET", "/users?user_id="+u.ID, nil).users()[0]; *got.LockoutExpiresInSeconds != 2400 {
		t.Errorf("the list shows %d s", *got.LockoutExpiresInSeconds)
	}
	c.server.Clock().Advance(40 * time.Minute)
	lapsed := c.send("GET", path, nil).user()
	if lapsed.Locked || lapsed.LockoutExpiresInSeconds != nil || lapsed.UpdatedAt != locked.UpdatedAt {
		t.Errorf("after an hour: locked %t", lapsed.Locked)
	}
	if got := c.send("POST", path+"/lock", nil).user(); *got.LockoutExpiresInSeconds != 3600 {
		t.Errorf("locked anew for %d s", *got.LockoutExpiresInSeconds)
	}
	unlocked := c.send("POST", path+"/unlock", nil).user()
	if unlocked.Locked || unlocked.LockoutExpiresInSeconds != nil {
		t.Error("still locked")
	}
	if got := c.send("POST", path+"/unlock", nil).user(); got.UpdatedAt != unlocked.UpdatedAt {
		t.Error("a repeated unlock is a change")
	}
}

func TestLockoutSettings(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{LockoutDuration: -1}})
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID
	c.send("POST", path+"/lock", nil).ok()
	c.server.Clock().Advance(1000 * time.Hour)
	if got := c.send("GET", path, nil).user(); !got.Locked || got.LockoutExpiresInSeconds != nil {
		t.Error("a lock without end has ended, or says when")
	}
	c.instance.Configure(func(s *emulator.Settings) { s.LockoutDuration = time.Minute })
	c.send("POST", path+"/unlock", nil).ok()
	if got := c.send("POST", path+"/lock", nil).user(); *got.LockoutExpiresInSeconds != 60 {
		t.Errorf("locked for %d s", *got.LockoutExpiresInSeconds)
	}
	c.instance.Configure(func(s *emulator.Settings) { s.LockoutDisabled = true })
	for _, act := range []string{"/lock", "/unlock"} {
		c.send("POST", path+act, nil).refused(http.StatusForbidden, "feature_not_enabled")
	}
	if got := c.send("GET", path, nil).user(); got.VerificationAttemptsRemaining != nil {
		t.Error("attempts are counted without lockout")
	}
}

func TestUnlockGivesAttemptsBack(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{Locked: true, VerificationAttemptsRemaining: new(int64(0))})
	if got := c.send("GET", "/users/"+u.ID, nil).user(); *got.VerificationAttemptsRemaining != 0 || !got.Locked {
		t.Errorf("%d attempts remain", *got.VerificationAttemptsRemaining)
	}
	if got := c.send("POST", "/users/"+u.ID+"/unlock", nil).user(); *got.VerificationAttemptsRemaining != 10 {
		t.Errorf("%d attempts remain", *got.VerificationAttemptsRemaining)
	}
}
