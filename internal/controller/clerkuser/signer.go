// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import "github.com/clerk-operator/clerk-operator/internal/controller/binding"

// Signer signs bindings and makes digests; see binding.Key.
type Signer interface {
	Digest(purpose, uid string, value []byte) string
	NoDigest() string
	Made(digest string) bool
	Sign(s binding.Subject) string
	Valid(text string, s binding.Subject) bool
	SignRemoval(s binding.Subject, policy string) string
	ValidRemoval(text string, s binding.Subject, policy string) bool
}
