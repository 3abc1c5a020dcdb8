// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"strings"
	"unicode"
)

// byteOrderMark is a character that some editors put at the beginning of a file.
const byteOrderMark = "\ufeff"

// totpDigits is the number of digits of an authenticator's code.
const totpDigits = 6

// Trimmed returns an entry without a byte order mark and surrounding white space, which files and editors add.
// Passwords and metadata must not be trimmed: every byte of them counts.
func Trimmed(text string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), byteOrderMark))
}

// TOTPSecret returns the secret of an authenticator in the form that Clerk documents, base32 in upper case. People copy
// it in groups and in lower case, and some programs pad it. Clerk refuses a text that is not base32.
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

// SecondFactorCode returns the code of an authenticator without the white space that groups it, as in 123 456. It only
// trims a backup code.
func SecondFactorCode(text string) string {
	text = Trimmed(text)
	digits := strings.Join(strings.Fields(text), "")
	isOther := func(r rune) bool { return r < '0' || r > '9' }
	if len(digits) == totpDigits && !strings.ContainsFunc(digits, isOther) {
		return digits
	}
	return text
}
