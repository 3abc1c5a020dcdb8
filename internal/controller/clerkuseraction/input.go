// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// readInput reads the Secret that the spec names, live. Every byte of a password counts; white space around a code does not.
func (p *pass) readInput(ctx context.Context) error {
	spec := &p.action.Spec
	field, from := "spec.verifyPassword.secretKeyRef", spec.VerifyPassword
	if spec.VerifyTOTP != nil {
		field, from = "spec.verifyTOTP.secretKeyRef", spec.VerifyTOTP
	}
	if from == nil {
		return nil
	}
	value, err := source.NewReader(p.Live, p.action.Namespace).Secret(ctx, field, from.SecretKeyRef)
	if err != nil {
		return err
	}
	if !utf8.Valid(value) {
		// On its way to Clerk it would become another text, and the answer would be about that.
		return notText(field)
	}
	p.input = string(value)
	if spec.VerifyTOTP != nil {
		p.input = source.SecondFactorCode(p.input)
	}
	return nil
}
