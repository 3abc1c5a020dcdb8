// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// prepareOutput finds the Secret that the action writes, and ends the action if it is somebody else's. What an authenticator is
// given is in the Secret before Clerk is told, so that it is not lost whatever happens, and a repeated call tells the same.
type prepareOutput struct{ secret *outputSecret }

func (s prepareOutput) run(ctx context.Context, observed *clerk.User) error {
	if s.secret.name() == "" {
		return nil
	}
	if err := s.secret.find(ctx); err != nil {
		return err
	}
	if s.secret.action.Spec.CreateTOTP != nil {
		return ensureTOTPSecret(ctx, s.secret, observed)
	}
	return nil
}
