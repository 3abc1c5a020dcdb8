// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

// secret is a text that nothing prints: it is behind a pointer, since package fmt prints unexported fields as they are,
// whatever methods they have.
type secret struct{ text *string }

func newSecret(text string) secret { return secret{text: &text} }

func (s secret) reveal() string { return *s.text }
