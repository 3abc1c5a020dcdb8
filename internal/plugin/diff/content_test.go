// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/resource"
)

// TestErrorsShowNoContent reads broken Secrets.
func TestErrorsShowNoContent(t *testing.T) {
	t.Parallel()
	const secret = "stringData: {password: leak-marker}\n"
	tests := map[string]struct{ in, want string }{
		"NoKind":           {"apiVersion: v1\n" + secret, "a manifest has no kind"},
		"NoVersion":        {"kind: Secret\n" + secret, "a manifest has no apiVersion"},
		"NoKindOrVersion":  {secret, "a manifest has no kind"},
		"NoObject":         {"- leak-marker\n", "a manifest is not an object"},
		"Text":             {"leak-marker\n", ""},
		"ItemWithoutKind":  {"apiVersion: v1\nkind: List\nitems:\n- stringData: {password: leak-marker}\n", "a manifest has no kind"},
		"ItemIsText":       {"apiVersion: v1\nkind: List\nitems: [leak-marker]\n", "a manifest is not an object"},
		"ListOfKind":       {"apiVersion: v1\nkind: SecretList\nitems:\n- stringData: {password: leak-marker}\n", "has no name"},
		"NoName":           {"apiVersion: v1\nkind: Secret\n" + secret, "has no name"},
		"KeyIsAnObject":    {"apiVersion: v1\nkind: Secret\nstringData: {{a: leak-marker}: leak-marker}\n", "standard input"},
		"KeyIsNull":        {"apiVersion: v1\nkind: Secret\nstringData: {null: leak-marker}\n", "standard input"},
		"DataIsText":       {"apiVersion: v1\nkind: Secret\nmetadata: leak-marker\n" + secret, ""},
		"LabelsAreNumbers": {"apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {a: leak-marker, b: 1}}\n" + secret, ""},
		"TwoBrokenAtOnce":  {"a: [leak-marker\n---\n" + secret, "standard input"},
		"BrokenJSON":       {`{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "leak-marker",,}}`, "standard input"},
		"MergeKey":         {"apiVersion: v1\nkind: Secret\nstringData:\n  <<: leak-marker\n", "standard input"},
		"UnknownAnchor":    {"apiVersion: v1\nkind: Secret\nstringData: {password: leak-marker, b: *other}\n", "standard input"},
		"Tab":              {"apiVersion: v1\nkind: Secret\nstringData:\n\tpassword: leak-marker\n", "standard input"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tc.in, selection{files: resource.FilenameOptions{Filenames: []string{"-"}}, namespace: "here"})
			if err == nil {
				t.Fatal("there is no error")
			}
			if text := err.Error(); strings.Contains(text, "leak-marker") || !strings.Contains(text, tc.want) || strings.Contains(text, "--validate") {
				t.Errorf("error %q, want %q in it", text, tc.want)
			}
		})
	}
}
