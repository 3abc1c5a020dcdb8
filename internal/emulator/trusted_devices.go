// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"slices"
	"time"
)

// TrustedDevice is a device that a user enrolled, as in Clerk's schema of that name. It can only be seeded; the API
// cannot create one. Times are Unix milliseconds.
type TrustedDevice struct {
	Object string `json:"object"`
	ID     string `json:"id"`
	// Platform is ios or android; the default of a seeded device is ios.
	Platform      string  `json:"platform"`
	AppIdentifier string  `json:"app_identifier"`
	Name          *string `json:"name"`
	Algorithm     string  `json:"algorithm"`
	// Status is active or revoked; the default of a seeded device is active.
	Status     string `json:"status"`
	CreatedAt  int64  `json:"created_at"`
	UpdatedAt  int64  `json:"updated_at"`
	LastUsedAt *int64 `json:"last_used_at"`
	RevokedAt  *int64 `json:"revoked_at"`
}

// trustedDeviceList is Clerk's schema TrustedDevice.List.
type trustedDeviceList struct {
	Data       []TrustedDevice `json:"data"`
	TotalCount int             `json:"total_count"`
}

const (
	deviceActive  = "active"
	deviceRevoked = "revoked"
)

func (d TrustedDevice) active() bool { return d.Status == deviceActive }

// completeTrustedDevices fills in missing fields of seeded devices. Clerk does not document the prefix of their ids.
func (i *Instance) completeTrustedDevices(u *User, now time.Time) {
	for n := range u.TrustedDevices {
		d := &u.TrustedDevices[n]
		d.Object, d.Algorithm = "trusted_device", cmp.Or(d.Algorithm, "ES256")
		d.ID = cmp.Or(d.ID, i.server.ids.next("tdev_", now))
		d.Platform, d.Status = cmp.Or(d.Platform, "ios"), cmp.Or(d.Status, deviceActive)
		d.AppIdentifier = cmp.Or(d.AppIdentifier, "com.example.app")
		d.CreatedAt = cmp.Or(d.CreatedAt, millis(now))
		d.UpdatedAt = cmp.Or(d.UpdatedAt, d.CreatedAt)
	}
}

// listTrustedDevices returns the active devices, in the order of enrolment.
func listTrustedDevices(c *call) (any, error) {
	u, err := c.deviceHolder()
	if err != nil {
		return nil, err
	}
	devices := []TrustedDevice{}
	for _, d := range u.TrustedDevices {
		if d.active() {
			devices = append(devices, d)
		}
	}
	return trustedDeviceList{Data: devices, TotalCount: len(devices)}, nil
}

// revokeTrustedDevice revokes an active device. A revoked device is answered like an unknown one.
func revokeTrustedDevice(c *call) (any, error) {
	u, err := c.deviceHolder()
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(u.TrustedDevices, func(d TrustedDevice) bool { return d.ID == c.id("id") && d.active() })
	if n < 0 {
		return nil, notFound("trusted device", c.id("id"))
	}
	u, err = c.change(u.ID, func(u *User) error {
		d := &u.TrustedDevices[n]
		d.Status, d.UpdatedAt, d.RevokedAt = deviceRevoked, millis(c.now), new(millis(c.now))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u.TrustedDevices[n], nil
}

// deviceHolder returns the user in the path. It fails on an instance without trusted devices.
func (c *call) deviceHolder() (*User, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if c.settings().TrustedDevicesDisabled {
		return nil, featureDisabled("Trusted devices")
	}
	return u, nil
}
