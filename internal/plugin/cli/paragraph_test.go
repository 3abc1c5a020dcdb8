// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestParagraph(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", paragraphWidth+20)
	words := strings.Repeat("Wörter ", 30)
	for text, want := range map[string]int{"": 0, "one": 1, "two\nlines": 1, long: 1, "a " + long + " b": 3, words: 3} {
		var out bytes.Buffer
		Paragraph(&out, 4, text)
		lines := strings.SplitAfter(out.String(), "\n")
		if got := len(lines) - 1; got != want {
			t.Errorf("%q is %d lines, want %d", text, got, want)
		}
		for _, line := range lines[:len(lines)-1] {
			if !strings.HasPrefix(line, "    ") || strings.HasSuffix(line, " \n") {
				t.Errorf("the line is %q", line)
			}
		}
		if got := strings.Fields(out.String()); strings.Join(got, " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("%q became %q", text, got)
		}
	}
}
