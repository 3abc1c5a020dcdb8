// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// deviceList is the answer of GET trusted_devices.
type deviceList struct {
	Data       []emulator.TrustedDevice `json:"data"`
	TotalCount int                      `json:"total_count"`
}

func (c *client) devices(userID string) deviceList {
	c.t.Helper()
	var list deviceList
	c.send("GET", "/users/"+userID+"/trusted_devices", nil).ok().decode(&list)
	return list
}

func TestTrustedDevices(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{Username: new("somebody"), TrustedDevices: []emulator.TrustedDevice{
		{ID: "tdev_a", Platform: "android", AppIdentifier: "com.example.shop", Name: new("Pixel"), CreatedAt: 5, LastUsedAt: new(int64(6))},
		{ID: "tdev_b", Status: "revoked", RevokedAt: new(int64(7))},
		{},
	}})
	other := c.instance.Seed(emulator.User{Username: new("another")})
	made := u.TrustedDevices[2].ID
	want := deviceList{TotalCount: 2, Data: []emulator.TrustedDevice{
		{
			Object: "trusted_device", ID: "tdev_a", Platform: "android", AppIdentifier: "com.example.shop", Name: new("Pixel"),
			Algorithm: "ES256", Status: "active", CreatedAt: 5, UpdatedAt: 5, LastUsedAt: new(int64(6)),
		},
		{
			Object: "trusted_device", ID: made, Platform: "ios", AppIdentifier: "com.example.app", Algorithm: "ES256",
			Status: "active", CreatedAt: noon.UnixMilli(), UpdatedAt: noon.UnixMilli(),
		},
	}}
	if diff := cmp.Diff(want, c.devices(u.ID)); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	c.send("GET", "/users/"+other.ID+"/trusted_devices", nil).says(`{"data":[],"total_count":0}`)

	c.server.Clock().Advance(time.Minute)
	at := noon.Add(time.Minute).UnixMilli()
	path := "/users/" + u.ID + "/trusted_devices/"
	var revoked emulator.TrustedDevice
	c.send("DELETE", path+"tdev_a", "null").ok().decode(&revoked)
	gone := want.Data[0]
	gone.Status, gone.UpdatedAt, gone.RevokedAt = "revoked", at, new(at)
	if diff := cmp.Diff(gone, revoked); diff != "" {
		t.Errorf("revoked device (-want +got):\n%s", diff)
	}
	if got := c.devices(u.ID); got.TotalCount != 1 || got.Data[0].ID != made {
		t.Errorf("devices %+v", got)
	}
	for _, id := range []string{"tdev_a", "tdev_b", "tdev_x"} {
		c.send("DELETE", path+id, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	c.send("DELETE", "/users/"+other.ID+"/trusted_devices/"+made, nil).refused(http.StatusNotFound, "resource_not_found")
	c.send("DELETE", "/users/user_x/trusted_devices/"+made, nil).refused(http.StatusNotFound, "resource_not_found")
	c.send("GET", "/users/user_x/trusted_devices", nil).refused(http.StatusNotFound, "resource_not_found")
	c.instance.Configure(func(s *emulator.Settings) { s.TrustedDevicesDisabled = true })
	c.send("GET", "/users/"+u.ID+"/trusted_devices", nil).refused(http.StatusForbidden, "feature_not_enabled")
	c.send("DELETE", path+made, nil).refused(http.StatusForbidden, "feature_not_enabled")
}

func TestCopiesOfCredentialsAreDeep(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Passkeys:       []emulator.Passkey{{Name: "laptop"}},
		TrustedDevices: []emulator.TrustedDevice{{Name: new("Pixel"), LastUsedAt: new(int64(1)), RevokedAt: new(int64(2))}},
	})
	stored := func() string {
		now := c.instance.User(u.ID)
		raw, err := json.Marshal([]any{now.Passkeys, now.TrustedDevices})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	before := stored()
	u.Passkeys[0].Verification.Status = "x"
	d := &u.TrustedDevices[0]
	*d.Name, *d.LastUsedAt, *d.RevokedAt, d.Status = "x", 8, 9, "x"
	if diff := cmp.Diff(before, stored()); diff != "" {
		t.Errorf("changing a copy changed the user:\n%s", diff)
	}
}
