// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"strings"
	"unicode"
)

// byteOrderMark is what some editors put at the beginning of a file.
const byteOrderMark = "\ufeff"

// totpDigits is how many digits a code of an authenticator has.
const totpDigits = 6

// Trimmed returns an entry without a byte order mark and white space around it, which files and editors add. Passwords and
// metadata must not be trimmed: every byte of them counts.
func Trimmed(text string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), byteOrderMark))
}

// TOTPSecret returns the secret of an authenticator in the form that Clerk documents, base32 in upper case. People copy it
// from where it is shown in groups and in lower case, and some programs pad it. What is no base32 is for Clerk to refuse.
func TOTPSecret(text string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), r == '-':
			return -1
		// Unicode's upper case would make letters of base32 of a dotless i and a long s.
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		default:
			return r
		}
	}, text), "=")
}

// SecondFactorCode returns a code of an authenticator without the white space that groups it, as in 123 456. A backup code
// is trimmed and otherwise returned unchanged.
func SecondFactorCode(text string) string {
	text = Trimmed(text)
	digits := strings.Join(strings.Fields(text), "")
	isOther := func(r rune) bool { return r < '0' || r > '9' }
	if len(digits) == totpDigits && !strings.ContainsFunc(digits, isOther) {
		return digits
	}
	return text
}
