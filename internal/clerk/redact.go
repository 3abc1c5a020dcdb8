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
	// shortValue is the length up to which a value is removed only if it stands alone.
	shortValue = 3
)

var (
	credential = regexp.MustCompile(`(?i)\b(?:(?:sk|pk|rk|whsec|ak|mt|oat)_[A-Za-z0-9_\-./+=]{3,}|bearer\s+[^\s"',;]+|eyJ[A-Za-z0-9_\-]{5,}[A-Za-z0-9_\-.]*)`)
	tokenLike  = regexp.MustCompile(`[A-Za-z0-9_\-+/=]{32,}`)
	resourceID = regexp.MustCompile(`^[a-z]{2,6}_[A-Za-z0-9]{20,30}$`)
	digit      = regexp.MustCompile(`[0-9]`)
)

// redactor removes confidential content from a server's text: the key, values from the request, anything that looks
// like a credential, and characters that would end a log line.
type redactor struct {
	// values are removed in this order. A value comes before those that it contains.
	values []string
	// quiet removes everything except known names.
	quiet bool
}

// newRedactor returns a redactor for the values in every spelling that an answer may have.
func newRedactor(values []string) redactor {
	var all []string
	for _, value := range values {
		all = append(all, value)
		all = append(all, otherLetters(value)...)
		all = append(all, spellings(value)...)
	}
	return redactor{values: longestFirst(all)}
}

// line returns the text as one clean line of at most limit bytes.
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

// withoutValues removes all values, in any case.
func (r redactor) withoutValues(text string) string {
	folded := foldCase(text)
	for _, value := range r.values {
		// JSON cannot contain a value that is not valid text.
		if value != "" && utf8.ValidString(value) && strings.Contains(folded, foldCase(value)) {
			text = removeValue(text, value)
			folded = foldCase(text)
		}
	}
	return text
}

// foldCase maps two texts to the same one if a case-insensitive regular expression does not distinguish them.
func foldCase(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, text)
}

// removeValue removes one value. A short one is removed only if it is a separate word; otherwise little of the text
// would be left.
func removeValue(text, value string) string {
	pattern := "(?i)" + regexp.QuoteMeta(value)
	if utf8.RuneCountInString(value) > shortValue {
		return regexp.MustCompile(pattern).ReplaceAllLiteralString(text, redacted)
	}
	alone := regexp.MustCompile(`(^|[^\pL\pN])` + pattern + `($|[^\pL\pN])`)
	// Twice, because the match of one value includes the separator before the next one.
	for range 2 {
		text = alone.ReplaceAllString(text, "${1}"+redacted+"${2}")
	}
	return text
}

// singleLine replaces white space and unprintable characters by single spaces.
func singleLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}), " ")
}

// shorten cuts the text to at most limit bytes, between characters. The limit includes the mark of a cut.
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
