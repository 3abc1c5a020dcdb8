// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"unicode"
)

// Line returns a text as one line without control and other invisible characters. Conditions and metadata hold what others wrote,
// and such a character could change what a terminal shows.
func Line(text string) string {
	words := strings.Fields(strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return unicode.ReplacementChar
		}
		return c
	}, text))
	return strings.Join(words, " ")
}
