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
	for _, at := range source.ActionReferences(&p.action.Spec) {
		value, err := source.NewReader(p.Live, p.action.Namespace).Read(ctx, at)
		if err != nil {
			return err
		}
		if !utf8.Valid(value) {
			// On its way to Clerk it would become another text, and the answer would be about that.
			return notText(at.Field)
		}
		p.input = string(value)
	}
	if p.action.Spec.VerifyTOTP != nil {
		p.input = source.SecondFactorCode(p.input)
	}
	return nil
}
