// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"encoding/json"
)

// Size returns how many bytes of JSON Clerk is sent for the metadata, which is what its limit of 8192 bytes per field is
// compared with. Clerk counts the JSON that results from a call (see
// https://clerk.com/docs/guides/users/extending), and every character but a control character, a quote or a backslash
// stands for itself in it. It returns -1 for a value that has no JSON form, which decoded JSON never is.
func (m Metadata) Size() int {
	text, err := m.json()
	if err != nil {
		return -1
	}
	return len(text)
}

// json returns the shortest JSON of the metadata. encoding/json escapes <, > and &, and always U+2028 and U+2029, for the
// sake of HTML and JavaScript, which makes six bytes of one or three.
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

// literalSeparators puts U+2028 and U+2029 in place of their escapes. A backslash that is itself escaped begins none.
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
