// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2/user"
)

// DisableMFA takes all second factors from a user: authenticator, backup codes, and numbers that were reserved for it.
func (c *Client) DisableMFA(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, userID, "/mfa")
}

// DeleteBackupCodes takes all backup codes from a user.
func (c *Client) DeleteBackupCodes(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, userID, "/backup_code")
}

// DeleteTOTP takes the authenticator from a user. UpdateUser gives one.
func (c *Client) DeleteTOTP(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, userID, "/totp")
}

func (c *Client) deleteFactor(ctx context.Context, userID, suffix string) error {
	path, err := userPathOf(userID, suffix)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodDelete, path, nil, &factorAnswer{asked: userID})
}

// factorAnswer names the user that a factor was taken from.
type factorAnswer struct {
	user.MultifactorAuthentication
	asked string
}

func (a *factorAnswer) canonicalize() error {
	if a.UserID != a.asked {
		return &malformedError{problem: "it is not about the user asked for"}
	}
	return nil
}
