// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/plan"
)

const (
	// maxRunes is the length from which on a value is shortened.
	maxRunes = 80
	// context is how much of what two shortened values have in common is shown before their difference.
	contextRunes = 20

	ellipsis = "…"
	hidden   = "(hidden)"
)

// showField returns the sign of a difference and its text on one line.
func showField(f Field) (sign, text string) {
	from, to := shorten(show(f.From, f.FromHidden), show(f.To, f.ToHidden))
	if f.Source != "" {
		to = "(from " + printable(f.Source) + ")"
	}
	name := printable(f.Name)
	switch sign := signOf(f); {
	case f.Name == plan.FieldOwnerMark || f.From == nil && f.To == nil && !f.FromHidden && !f.ToHidden:
		return sign, name
	case sign == "+":
		return sign, name + ": " + to
	case sign == "-":
		return sign, name + ": " + from
	default:
		return sign, name + ": " + from + " → " + to
	}
}

// signOf returns + for a field that gets a value, - for one that loses it, and ~ for another difference.
func signOf(f Field) string {
	switch hasFrom, hasTo := f.From != nil || f.FromHidden, f.To != nil || f.ToHidden; {
	case hasTo && !hasFrom:
		return "+"
	case hasFrom && !hasTo:
		return "-"
	}
	return "~"
}

// show returns a value as JSON on one line.
func show(value any, isHidden bool) string {
	if isHidden {
		return hidden
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("(a value that is not JSON: %T)", value)
	}
	return printable(strings.TrimSuffix(text.String(), "\n"))
}

// printable returns a text without characters that are invisible or that could change what a terminal shows: they are replaced by
// their code.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < 1<<16:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// shorten returns two values that are not too long, and begins with where they differ if that would not be visible.
func shorten(from, to string) (shortFrom, shortTo string) {
	a, b := []rune(from), []rune(to)
	if len(a) <= maxRunes && len(b) <= maxRunes {
		return from, to
	}
	start := 0
	if same := commonPrefix(a, b); same > maxRunes/2 {
		start = same - contextRunes
	}
	return part(a, start), part(b, start)
}

func commonPrefix(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// part returns at most maxRunes of a text from a place on.
func part(text []rune, start int) string {
	before, after := "", ""
	if start > 0 {
		before = ellipsis
	}
	text = text[min(start, len(text)):]
	if len(text) > maxRunes {
		text, after = text[:maxRunes-1], ellipsis
	}
	return before + string(text) + after
}
