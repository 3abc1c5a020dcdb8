// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2/user"
)

// DisableMFA removes all second factors of a user: the authenticator, backup codes, and numbers reserved for it.
func (c *Client) DisableMFA(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, OperationDisableMFA, userID, "/mfa")
}

// DeleteBackupCodes removes all backup codes of a user.
func (c *Client) DeleteBackupCodes(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, OperationDeleteBackupCodes, userID, "/backup_code")
}

// DeleteTOTP removes the authenticator of a user. UpdateUser adds one.
func (c *Client) DeleteTOTP(ctx context.Context, userID string) error {
	return c.deleteFactor(ctx, OperationDeleteTOTP, userID, "/totp")
}

func (c *Client) deleteFactor(ctx context.Context, op Operation, userID, suffix string) error {
	path, err := userPathOf(userID, suffix)
	if err != nil {
		return err
	}
	return c.call(ctx, endpoint{op, http.MethodDelete}, path, nil, &factorAnswer{asked: userID})
}

// factorAnswer names the user whose factor was removed.
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
