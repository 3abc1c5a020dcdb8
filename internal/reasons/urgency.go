// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	"fmt"
	"slices"
)

// Urgency says who has to do something about a state. Larger is more urgent.
type Urgency int

// Values of Urgency.
const (
	// None: everything is as somebody wants it.
	None Urgency = iota + 1
	// Wait: the state passes by itself.
	Wait
	// Check: the state passes by itself if its cause does. If it lasts, somebody has to look at the cause.
	Check
	// Act: the state stays until somebody changes something.
	Act
	// Now: as Act, and all users of a ClerkInstance wait for it.
	Now
)

func texts() []string { return []string{"", "none", "wait", "check", "act", "now"} }

// String returns the name, as in JSON.
func (u Urgency) String() string {
	if u < 0 || int(u) >= len(texts()) {
		return fmt.Sprintf("Urgency(%d)", int(u))
	}
	return texts()[u]
}

// Sentence says what the urgency means.
func (u Urgency) Sentence() string {
	switch u {
	case None:
		return "nothing to do"
	case Wait:
		return "passes by itself"
	case Check:
		return "passes if its cause does; look at it if it lasts"
	case Act:
		return "stays until somebody changes something"
	case Now:
		return "stays until somebody changes something, and all users of the ClerkInstance wait for it"
	default:
		return ""
	}
}

// MarshalText returns the name.
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads the name.
func (u *Urgency) UnmarshalText(text []byte) error {
	i := slices.Index(texts(), string(text))
	if i < 0 {
		return fmt.Errorf("%q is no urgency", text)
	}
	*u = Urgency(i)
	return nil
}
