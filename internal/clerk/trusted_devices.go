// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// RevokeTrustedDevice revokes the trust in one of a user's devices. IsNotFound is true for the error if there is no
// such device, or if it is not trusted.
func (c *Client) RevokeTrustedDevice(ctx context.Context, userID, deviceID string) error {
	path, err := partPathOf(userID, "/trusted_devices", deviceID)
	if err != nil {
		return err
	}
	return c.call(ctx, endpoint{OperationRevokeTrustedDevice, http.MethodDelete}, path, nil, &deviceAnswer{asked: deviceID})
}

// deviceAnswer is a trusted device. Clerk keeps it on record after it is revoked.
type deviceAnswer struct {
	clerksdk.APIResource
	ID     string `json:"id"`
	Status string `json:"status"`
	asked  string
}

func (a *deviceAnswer) canonicalize() error {
	if a.ID != a.asked || a.Status != "revoked" {
		return &malformedError{problem: "it does not confirm that the device is revoked"}
	}
	return nil
}
