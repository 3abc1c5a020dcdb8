// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// minSpelled is the minimum length in bytes of a value whose spellings are searched for. Spellings of shorter ones
	// occur in any text.
	minSpelled = 3
	// minBase64 is the minimum number of characters of base64 that reveal something.
	minBase64 = 4
)

// spellings returns the other ways in which a value is echoed: without the blanks and padding that base32 may have, in
// a URL, in hexadecimal, and in base64, also as part of something longer. A redactor ignores case, so each spelling
// also covers other cases.
func spellings(value string) []string {
	if len(value) < minSpelled {
		return nil
	}
	query := url.QueryEscape(value)
	all := []string{query, url.PathEscape(value), asBrowsersEscape(query), hex.EncodeToString([]byte(value))}
	compact := strings.ReplaceAll(value, " ", "")
	for _, bare := range []string{strings.TrimSpace(value), strings.TrimRight(value, "= "), compact, strings.TrimRight(compact, "=")} {
		if len(bare) >= minSpelled {
			all = append(all, bare)
		}
	}
	for offset := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if text := insideBase64(encoding, value, offset); len(text) >= minBase64 {
				all = append(all, text)
			}
		}
	}
	return all
}

// otherLetters returns the value in Unicode's normal forms and in lower and upper case, if these differ by more than
// case. A server may normalize what it echoes, and lower case turns a capital I with a dot into an ordinary i.
func otherLetters(value string) []string {
	if !utf8.ValidString(value) || !strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
		return nil
	}
	var all []string
	for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
		text := form.String(value)
		for _, other := range []string{text, strings.ToLower(text), strings.ToUpper(text)} {
			if !strings.EqualFold(other, value) {
				all = append(all, other)
			}
		}
	}
	return all
}

// asBrowsersEscape converts the escapes of a query into those of JavaScript's encodeURIComponent.
func asBrowsersEscape(query string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(query)
}

// insideBase64 returns the characters of an encoded text that depend only on the value, which begins offset bytes after
// a group of three.
func insideBase64(encoding *base64.Encoding, value string, offset int) string {
	const bitsPerByte, bitsPerCharacter = 8, 6
	text := encoding.EncodeToString([]byte(strings.Repeat("\x00", offset) + value))
	// The first and the last character that depend only on the value.
	begin := (offset*bitsPerByte + bitsPerCharacter - 1) / bitsPerCharacter
	end := (offset + len(value)) * bitsPerByte / bitsPerCharacter
	return text[begin:end]
}
