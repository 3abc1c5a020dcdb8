// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// TOTPVerification is the result of a check of a code.
type TOTPVerification struct {
	// Verified is true if the code is one of the user's.
	Verified bool
	// CodeType is totp or backup_code; "" if the code was wrong. The check uses a backup code up.
	CodeType string
}

// VerifyPassword reports whether a password is the user's. Clerk does not document whether wrong passwords count
// towards a lock. Rejected is true for the error if the user has no password.
func (c *Client) VerifyPassword(ctx context.Context, userID, password string) (bool, error) {
	answer, err := c.verify(ctx, OperationVerifyPassword, userID, "/verify_password", &user.VerifyPasswordParams{Password: password})
	if wrongPassword(err) {
		return false, nil
	}
	return err == nil && *answer.Verified, err
}

// VerifyTOTP reports whether a code is one that the user's authenticator shows, or a backup code. If AnswerLost is true
// for the error, a backup code may be used up. Rejected is true if the user has no authenticator.
func (c *Client) VerifyTOTP(ctx context.Context, userID, code string) (TOTPVerification, error) {
	answer, err := c.verify(ctx, OperationVerifyTOTP, userID, "/verify_totp", &totpParams{Code: code})
	if wrongCode(err) {
		return TOTPVerification{}, nil
	}
	if err != nil || !*answer.Verified {
		return TOTPVerification{}, err
	}
	return TOTPVerification{Verified: true, CodeType: answer.CodeType}, nil
}

// totpParams are parameters that the SDK lacks.
type totpParams struct {
	clerksdk.APIParams
	Code string `json:"code"`
}

func (c *Client) verify(ctx context.Context, op Operation, userID, suffix string, params clerksdk.Params) (*verifiedAnswer, error) {
	path, err := userPathOf(userID, suffix)
	if err != nil {
		return nil, err
	}
	answer := &verifiedAnswer{}
	return answer, c.call(ctx, endpoint{op, http.MethodPost}, path, params, answer)
}

type verifiedAnswer struct {
	clerksdk.APIResource
	Verified *bool  `json:"verified"`
	CodeType string `json:"code_type"`
}

func (a *verifiedAnswer) canonicalize() error {
	if a.Verified == nil {
		return &malformedError{problem: "it does not say whether it was verified"}
	}
	// An invalid type does not invalidate a correct code.
	if !codeShape.MatchString(a.CodeType) {
		a.CodeType = ""
	}
	return nil
}
