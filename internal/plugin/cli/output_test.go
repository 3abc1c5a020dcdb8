// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/yaml"
)

// TestDocumentsDoNotControlTheTerminal prints texts that others wrote. A terminal takes U+009B for the beginning of an escape sequence,
// and U+202E reverses what follows.
func TestDocumentsDoNotControlTheTerminal(t *testing.T) {
	t.Parallel()
	want := map[string]string{"said": "a\x1b[2J\u009b2J\u0085\u202e\x7f\uffff\ufeffé\u2028ß<&>b"}
	for format, decode := range map[Output]func([]byte, any) error{
		OutputJSON: json.Unmarshal, OutputYAML: func(text []byte, into any) error { return yaml.Unmarshal(text, into) },
	} {
		var out bytes.Buffer
		if err := format.Print(&out, want); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(out.String(), func(r rune) bool {
			// YAML's encoder leaves what only reverses a text.
			return r != '\n' && !unicode.IsPrint(r) && (format == OutputJSON || unicode.IsControl(r))
		}) {
			t.Errorf("%s has other characters than printable ones: %q", format, out.String())
		}
		var got map[string]string
		if err := decode(out.Bytes(), &got); err != nil || got["said"] != want["said"] {
			t.Errorf("%s is read as %q (%v)", format, got["said"], err)
		}
	}
}
