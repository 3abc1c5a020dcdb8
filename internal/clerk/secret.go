// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"io"
)

const notShown = "(not shown)"

// Secret is a text, or bytes, that nothing prints or marshals: a password, a key, a token, an image. Only Reveal
// returns it. The zero Secret is the empty text.
type Secret struct {
	// Use Equal to compare Secrets; == would compare their addresses, so it does not compile.
	_ [0]func()
	// The text is behind a pointer, because package fmt prints unexported fields directly, whatever methods they have.
	text *string
}

// NewSecret returns a text as a Secret.
func NewSecret[T ~string | ~[]byte](text T) Secret { return Secret{text: new(string(text))} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsEmpty reports whether the text is "".
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

// Equal reports whether two Secrets hold the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns a text that says that the value is not shown.
func (Secret) String() string { return notShown }

// Format prints String for every verb.
func (Secret) Format(state fmt.State, _ rune) { writeNotShown(state) }

// MarshalText returns String, for JSON, YAML and loggers.
func (Secret) MarshalText() ([]byte, error) { return []byte(notShown), nil }

// Unprintable is embedded in a struct that must not be printed or marshalled. Whatever prints the struct prints a text
// that says so. Package fmt does not call methods of unexported fields, so a value that must never be shown is a
// Secret.
type Unprintable struct{}

// String returns a text that says that the value is not shown.
func (Unprintable) String() string { return notShown }

// Format prints String for every verb.
func (Unprintable) Format(state fmt.State, _ rune) { writeNotShown(state) }

// MarshalText returns String, for JSON, YAML and loggers.
func (Unprintable) MarshalText() ([]byte, error) { return []byte(notShown), nil }

func writeNotShown(state fmt.State) {
	// A fmt.State cannot report an error.
	_, _ = io.WriteString(state, notShown)
}
