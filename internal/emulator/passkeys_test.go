// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestPasskeysAreDeletedByMail(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Username: new("somebody"), Passkeys: []emulator.Passkey{{Name: "laptop", LastUsedAt: 7}, {Name: "phone", ID: "idn_phone"}},
	})
	other := c.instance.Seed(emulator.User{Username: new("another"), Passkeys: []emulator.Passkey{{Name: "theirs"}}})
	want := emulator.Passkey{
		ID: "idn_phone", Object: "passkey", Name: "phone", LastUsedAt: noon.UnixMilli(),
		Verification: &emulator.Verification{Object: "verification_passkey", Status: "verified", Strategy: "passkey"},
	}
	shown := c.send("GET", "/users/"+u.ID, nil).user()
	if diff := cmp.Diff(want, shown.Passkeys[1]); diff != "" || shown.Passkeys[0].LastUsedAt != 7 {
		t.Errorf("passkeys (-want +got):\n%s", diff)
	}
	c.server.Clock().Advance(time.Minute)
	path := "/users/" + u.ID + "/passkeys/"
	c.send("DELETE", path+other.Passkeys[0].ID, nil).refused(http.StatusNotFound, "passkey_not_registered")
	c.send("DELETE", "/users/user_x/passkeys/idn_phone", nil).refused(http.StatusNotFound, "resource_not_found")
	if got := c.instance.Notices(); len(got) != 0 {
		t.Errorf("notices of passkeys that stay: %v", got)
	}
	c.send("DELETE", path+"idn_phone", "null").says(`{"object":"passkey","id":"idn_phone","deleted":true}`)
	c.send("DELETE", path+"idn_phone", nil).refused(http.StatusNotFound, "passkey_not_registered")
	if got := c.instance.User(u.ID); len(got.Passkeys) != 1 || got.Passkeys[0].Name != "laptop" || got.UpdatedAt <= u.UpdatedAt {
		t.Errorf("passkeys %+v", got.Passkeys)
	}
	mails := []emulator.Notice{{Time: noon.Add(time.Minute), Kind: emulator.PasskeyDeleted, UserID: u.ID, About: "idn_phone"}}
	if diff := cmp.Diff(mails, c.instance.Notices()); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	var shownToAll []emulator.Notice
	c.control("GET", "/notices", "", &shownToAll)
	if diff := cmp.Diff(mails, shownToAll); diff != "" {
		t.Errorf("notices at the control path (-want +got):\n%s", diff)
	}
	c.instance.Configure(func(s *emulator.Settings) { s.PasskeysDisabled = true })
	c.send("DELETE", path+u.Passkeys[0].ID, nil).refused(http.StatusForbidden, "feature_not_enabled")
	c.instance.Reset()
	if c.control("GET", "/notices", "", &shownToAll); len(shownToAll) != 0 {
		t.Error("a reset leaves notices")
	}
}

func TestNoticeOfAnotherPrimaryAddress(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"email_address": []string{"a@example.com", "b@example.com"}})
	path, first, second := "/users/"+u.ID, u.EmailAddresses[0].ID, u.EmailAddresses[1].ID
	c.send("PATCH", path, m{"primary_email_address_id": first, "notify_primary_email_address_changed": true}).ok()
	c.send("PATCH", path, m{"primary_email_address_id": second, "notify_primary_email_address_changed": false}).ok()
	if got := c.instance.Notices(); len(got) != 0 {
		t.Errorf("notices nobody asked for: %v", got)
	}
	c.send("PATCH", path, m{"primary_email_address_id": first, "notify_primary_email_address_changed": true}).ok()
	want := []emulator.Notice{{Time: noon, Kind: emulator.PrimaryEmailAddressChanged, UserID: u.ID, About: first}}
	if diff := cmp.Diff(want, c.instance.Notices()); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}
