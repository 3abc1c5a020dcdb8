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
type redactor struct{ values []string }

// line returns the text in one clean line of at most limit bytes.
func (r redactor) line(text string, limit int) string {
	// Far more than is kept, so that what is taken out leaves something, but not so much that it costs.
	text = shorten(text, 16*limit)
	for _, value := range r.values {
		text = removeValue(text, value)
	}
	text = singleLine(text)
	text = credential.ReplaceAllString(text, redacted)
	text = tokenLike.ReplaceAllStringFunc(text, func(token string) string {
		if resourceID.MatchString(token) || !digit.MatchString(token) {
			return token
		}
		return redacted
	})
	return shorten(text, limit)
}

// removeValue takes a value out, in whatever case. A short one only where it is a word of its own, or little of the text
// would be left.
func removeValue(text, value string) string {
	if value == "" || !strings.Contains(strings.ToLower(text), strings.ToLower(value)) {
		return text
	}
	pattern, replacement := regexp.QuoteMeta(value), redacted
	if utf8.RuneCountInString(value) <= shortValue {
		pattern, replacement = `(^|[^\pL\pN])`+pattern+`($|[^\pL\pN])`, "${1}"+redacted+"${2}"
	}
	return regexp.MustCompile("(?i)"+pattern).ReplaceAllString(text, replacement)
}

// singleLine turns white space and everything that does not print into single spaces.
func singleLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}), " ")
}

// shorten cuts the text to at most limit bytes, between characters.
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
