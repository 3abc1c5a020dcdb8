// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"encoding/json"
)

// Size returns the number of bytes of JSON that are sent to Clerk for the metadata. Clerk's limit of 8192 bytes per
// field applies to that size. Clerk counts the JSON that results from a call (see
// https://clerk.com/docs/guides/users/extending). In it every character stands for itself, except control characters,
// quotes and backslashes. Size returns -1 for a value that has no JSON form; decoded JSON always has one.
func (m Metadata) Size() int {
	text, err := m.json()
	if err != nil {
		return -1
	}
	return len(text)
}

// json returns the shortest JSON of the metadata. encoding/json escapes <, > and & for HTML, and U+2028 and U+2029 for
// JavaScript, which turns one or three bytes into six.
func (m Metadata) json() ([]byte, error) {
	text, err := compactJSON(map[string]any(m))
	if err != nil {
		return nil, err
	}
	return literalSeparators(text), nil
}

// compactJSON is json.Marshal without the escapes of HTML.
func compactJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// literalSeparators replaces the escapes of U+2028 and U+2029 by the characters. An escaped backslash does not begin an
// escape.
func literalSeparators(text []byte) []byte {
	const escape = len(`\u2028`)
	short := text[:0]
	for len(text) > 0 {
		n := 1
		if text[0] == '\\' {
			n = len(`\\`)
		}
		switch {
		case bytes.HasPrefix(text, []byte(`\u2028`)):
			short, n = append(short, "\u2028"...), escape
		case bytes.HasPrefix(text, []byte(`\u2029`)):
			short, n = append(short, "\u2029"...), escape
		default:
			short = append(short, text[:n]...)
		}
		text = text[n:]
	}
	return short
}
