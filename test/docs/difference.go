// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"slices"
	"strings"
)

// ellipsis is a line of a page that stands for any number of lines.
const ellipsis = "..."

// Difference says how the output of a command differs from what a page shows; "" if it does not. What differs from one run to
// the next does not count.
func Difference(shown, printed string) string {
	got := strings.Split(Normal(printed), "\n")
	parts := split(strings.Split(Normal(shown), "\n"))
	for i, part := range parts {
		// The first part is where the output begins, the last one where it ends, and the others are somewhere between them.
		at := 0
		switch {
		case i == len(parts)-1 && i > 0:
			at = len(got) - len(part)
		case i > 0:
			at = find(got, part)
		}
		if problem := differenceAt(got, part, at); problem != "" {
			return problem
		}
		got = got[at+len(part):]
	}
	if len(parts) == 1 && len(got) > 0 {
		return fmt.Sprintf("the page does not show %q", got[0])
	}
	return ""
}

// split returns the parts of a page's output between the lines that stand for others.
func split(lines []string) [][]string {
	var parts [][]string
	for {
		i := slices.Index(lines, ellipsis)
		if i < 0 {
			return append(parts, lines)
		}
		parts = append(parts, lines[:i])
		lines = lines[i+1:]
	}
}

// find returns the first place of a part in the lines; 0 if it is not there.
func find(lines, part []string) int {
	for i := 0; i+len(part) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(part)], part) {
			return i
		}
	}
	return 0
}

// differenceAt says how the lines from a place on differ from a part of the page.
func differenceAt(got, part []string, at int) string {
	for i, want := range part {
		switch {
		case at < 0 || at+i >= len(got):
			return fmt.Sprintf("the page shows %q, and the command does not print it", want)
		case got[at+i] != want:
			return fmt.Sprintf("the page shows %q, and the command prints %q", want, got[at+i])
		}
	}
	return ""
}
