// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// metadataLimit is Clerk's, per field.
const metadataLimit = 8192

// TestMetadataIsMeasuredAsItIsSent fills a field with one kind of character up to Clerk's limit and beyond it. The operator,
// the request and the emulator, which shares nothing with the client, must agree on what fits.
func TestMetadataIsMeasuredAsItIsSent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		// size is how many bytes one of it takes.
		size int
	}{
		"ASCII":               {"a", 1},
		"Umlaut":              {"ü", 2},
		"KelvinSign":          {"\u212a", 3},
		"Emoji":               {"🦊", 4},
		"LineSeparator":       {"\u2028", 3},
		"ParagraphSeparator":  {"\u2029", 3},
		"NextToLineSeparator": {"\u2027", 3},
		"HTML":                {"<", 1},
		"Ampersand":           {"&", 1},
		"Quote":               {`"`, 2},
		"Backslash":           {`\`, 2},
		"SpelledOutSeparator": {`\u2028`, 7},
		"LineBreak":           {"\n", 2},
		"ControlCharacter":    {"\x01", 6},
		"Delete":              {"\x7f", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEnvironment(t, emulator.Settings{})
			user := must2(t)(w.CreateUser(t.Context(), clerk.CreateUserParams{Username: new("jane"), SkipPasswordRequirement: new(true)}))
			room := metadataLimit - len(`{"x":""}`)
			full := strings.Repeat(tc.text, room/tc.size) + strings.Repeat("a", room%tc.size)
			for size, text := range map[int]string{metadataLimit: full, metadataLimit + 1: full + "a"} {
				metadata := clerk.Metadata{"x": text}
				if got := metadata.Size(); got != size {
					t.Errorf("the size is %d, want %d", got, size)
				}
				_, err := w.MergeMetadata(t.Context(), user.ID, clerk.MetadataParams{Public: metadata})
				if (err == nil) != (size <= metadataLimit) {
					t.Errorf("%d bytes: %v", size, err)
				}
				sent := w.instance.Journal().Writes()
				if got := len(fieldOf(t, sent[len(sent)-1].Body, "public_metadata")); got != size {
					t.Errorf("%d bytes were sent, want %d", got, size)
				}
			}
		})
	}
}

// TestMetadataIsSentAsItIs compares the shortened JSON with its decoded form.
func TestMetadataIsSentAsItIs(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.SampledFrom([]rune("a\\u2028\"<>&\n\x01\u2028\u2029\u2027é🦊")))
	rapid.Check(t, func(t *rapid.T) {
		metadata := clerk.Metadata{text.Draw(t, "key"): map[string]any{text.Draw(t, "inner"): []any{text.Draw(t, "value"), 1.5}}}
		sent, err := clerk.MetadataJSON(metadata)
		if err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal(sent, &read); err != nil || !reflect.DeepEqual(read, map[string]any(metadata)) {
			t.Fatalf("%s is read as %v: %v", sent, read, err)
		}
		if bytes.Contains(sent, []byte(`\u003c`)) || len(sent) != metadata.Size() {
			t.Fatalf("%s is not the shortest form, or not of size %d", sent, metadata.Size())
		}
	})
}

// fieldOf is a field of a JSON object as it stands there.
func fieldOf(t *testing.T, body []byte, name string) []byte {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	return fields[name]
}
