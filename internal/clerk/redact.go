// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxErrorText = 512
	maxMessage   = 384
	redacted     = "[redacted]"
	// shortValue is the length up to which a value is only taken out where it stands alone.
	shortValue = 3
)

var (
	credential = regexp.MustCompile(`(?i)\b(?:(?:sk|pk|rk|whsec|ak|mt|oat)_[A-Za-z0-9_\-./+=]{3,}|bearer\s+[^\s"',;]+|eyJ[A-Za-z0-9_\-]{5,}[A-Za-z0-9_\-.]*)`)
	tokenLike  = regexp.MustCompile(`[A-Za-z0-9_\-+/=]{32,}`)
	resourceID = regexp.MustCompile(`^[a-z]{2,6}_[A-Za-z0-9]{20,30}$`)
	digit      = regexp.MustCompile(`[0-9]`)
)

// redactor takes out of a server's text what must not be told: the key, values from the request, anything that looks like
// a credential, and what would break out of a line of log.
type redactor struct {
	// values are taken out in this order: one that is part of another has to come after it.
	values []string
	// quiet lets nothing through but names that are known beforehand.
	quiet bool
}

// newRedactor returns a redactor for the values in every way in which an answer may spell them.
func newRedactor(values []string) redactor {
	var all []string
	for _, value := range values {
		all = append(all, value)
		all = append(all, otherLetters(value)...)
		all = append(all, spellings(value)...)
	}
	return redactor{values: longestFirst(all)}
}

// line returns the text in one clean line of at most limit bytes.
func (r redactor) line(text string, limit int) string {
	text = singleLine(r.withoutValues(text))
	text = credential.ReplaceAllString(text, redacted)
	text = tokenLike.ReplaceAllStringFunc(text, func(token string) string {
		if resourceID.MatchString(token) || !digit.MatchString(token) {
			return token
		}
		return redacted
	})
	return shorten(text, limit)
}

// withoutValues takes all values out, in whatever case.
func (r redactor) withoutValues(text string) string {
	folded := foldCase(text)
	for _, value := range r.values {
		// What is no text does not occur in what JSON holds.
		if value != "" && utf8.ValidString(value) && strings.Contains(folded, foldCase(value)) {
			text = removeValue(text, value)
			folded = foldCase(text)
		}
	}
	return text
}

// foldCase makes two texts the same that a regular expression takes for the same without regard to case.
func foldCase(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, text)
}

// removeValue takes one value out. A short one only where it is a word of its own, or little of the text would be left.
func removeValue(text, value string) string {
	pattern := "(?i)" + regexp.QuoteMeta(value)
	if utf8.RuneCountInString(value) > shortValue {
		return regexp.MustCompile(pattern).ReplaceAllLiteralString(text, redacted)
	}
	alone := regexp.MustCompile(`(^|[^\pL\pN])` + pattern + `($|[^\pL\pN])`)
	// Twice, for of two that stand side by side the first takes along what separates them.
	for range 2 {
		text = alone.ReplaceAllString(text, "${1}"+redacted+"${2}")
	}
	return text
}

// singleLine turns white space and everything that does not print into single spaces.
func singleLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}), " ")
}

// shorten cuts the text to at most limit bytes, between characters. The limit has room for the mark that says so.
func shorten(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	cut := limit - len(mark)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
