// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"io"
)

const notShown = "(not shown)"

// Secret is a text, or bytes, that nothing prints or marshals: a password, a key, a token, a picture. Reveal is the only way to it.
// The zero Secret is the empty text.
type Secret struct {
	// Secrets are compared by Equal; == would compare where they are in memory.
	_ [0]func()
	// The text is behind a pointer, since package fmt prints unexported fields as they are, whatever methods they have.
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

// Equal reports whether two Secrets are the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String says that there is something to hide.
func (Secret) String() string { return notShown }

// Format prints String whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { writeNotShown(state) }

// MarshalText returns String, for JSON, YAML and loggers.
func (Secret) MarshalText() ([]byte, error) { return []byte(notShown), nil }

// Unprintable is embedded in a struct that is not to be printed or marshalled. Whatever prints the struct shows that it is not
// shown. Package fmt does not ask an unexported field, so a value that must never be shown is a Secret.
type Unprintable struct{}

// String says that there is something to hide.
func (Unprintable) String() string { return notShown }

// Format prints String whatever the verb.
func (Unprintable) Format(state fmt.State, _ rune) { writeNotShown(state) }

// MarshalText returns String, for JSON, YAML and loggers.
func (Unprintable) MarshalText() ([]byte, error) { return []byte(notShown), nil }

func writeNotShown(state fmt.State) {
	// A fmt.State has nowhere to report an error to.
	_, _ = io.WriteString(state, notShown)
}
