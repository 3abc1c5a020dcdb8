// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import "testing"

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"one line":                  "one line",
		" two\n\tlines ":            "two lines",
		"red \x1b[31mtext\x1b[0m":   "red \ufffd[31mtext\ufffd[0m",
		"right to left \u202e mark": "right to left \ufffd mark",
		"Zoë ‹zoe›":                 "Zoë ‹zoe›",
	} {
		if got := Line(text); got != want {
			t.Errorf("Line(%q) is %q, want %q", text, got, want)
		}
	}
}
