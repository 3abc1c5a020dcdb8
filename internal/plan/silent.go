// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"io"
)

// A Change that holds values prints and marshals as its String in every way that loggers use: %#v and JSON would
// otherwise show what is in it.

func writeText(state fmt.State, text fmt.Stringer) {
	// A fmt.State has nowhere to report an error to.
	_, _ = io.WriteString(state, text.String())
}

// Format prints String whatever the verb.
func (c Create) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c Update) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c MergeMetadata) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c ReplaceMetadata) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c SetProfileImage) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c AddEmailAddress) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c UpdateEmailAddress) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c DeleteEmailAddress) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c AddPhoneNumber) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c UpdatePhoneNumber) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (c DeletePhoneNumber) Format(state fmt.State, _ rune) { writeText(state, c) }

// Format prints String whatever the verb.
func (d Desired) Format(state fmt.State, _ rune) { writeText(state, d) }

// MarshalText is String.
func (c Create) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c Update) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c MergeMetadata) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c ReplaceMetadata) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c SetProfileImage) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c AddEmailAddress) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c UpdateEmailAddress) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c DeleteEmailAddress) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c AddPhoneNumber) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c UpdatePhoneNumber) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (c DeletePhoneNumber) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalText is String.
func (d Desired) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
