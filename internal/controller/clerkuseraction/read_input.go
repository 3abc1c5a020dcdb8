// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"unicode/utf8"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// readInput reads the Secret that the spec names, live. Every byte of a password counts; white space around a code does not.
type readInput struct{ apiReader client.Reader }

func (s readInput) run(ctx context.Context, action *v1alpha1.ClerkUserAction) (input clerk.Secret, err error) {
	for _, at := range source.ActionReferences(&action.Spec) {
		value, err := source.NewReader(s.apiReader, action.Namespace).Read(ctx, at)
		if err != nil {
			return clerk.Secret{}, err
		}
		if !utf8.Valid(value) {
			// On its way to Clerk it would become another text, and the answer would be about that.
			return clerk.Secret{}, notText(at.Field)
		}
		input = clerk.NewSecret(value)
	}
	if action.Spec.VerifyTOTP != nil {
		input = clerk.NewSecret(source.SecondFactorCode(input.Reveal()))
	}
	return input, nil
}
