// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/resource"
)

// TestErrorsShowNoContent reads broken Secrets.
func TestErrorsShowNoContent(t *testing.T) {
	t.Parallel()
	const secret = "stringData: {password: leak-marker}\n"
	tests := map[string]struct{ in, want string }{
		"NoKind":            {"apiVersion: v1\n" + secret, "a manifest has no kind"},
		"NoVersion":         {"kind: Secret\n" + secret, "a manifest has no apiVersion"},
		"NoKindOrVersion":   {secret, "a manifest has no kind"},
		"NoObject":          {"- leak-marker\n", "a manifest is not an object"},
		"Text":              {"leak-marker\n", ""},
		"ItemWithoutKind":   {"apiVersion: v1\nkind: List\nitems:\n- stringData: {password: leak-marker}\n", "a manifest has no kind"},
		"ItemIsText":        {"apiVersion: v1\nkind: List\nitems: [leak-marker]\n", "a manifest is not an object"},
		"ListOfKind":        {"apiVersion: v1\nkind: SecretList\nitems:\n- stringData: {password: leak-marker}\n", "has no name"},
		"NoName":            {"apiVersion: v1\nkind: Secret\n" + secret, "has no name"},
		"KeyIsAnObject":     {"apiVersion: v1\nkind: Secret\nstringData: {{a: leak-marker}: leak-marker}\n", "standard input"},
		"KeyIsNull":         {"apiVersion: v1\nkind: Secret\nstringData: {null: leak-marker}\n", "standard input"},
		"DataIsText":        {"apiVersion: v1\nkind: Secret\nmetadata: leak-marker\n" + secret, ""},
		"LabelsAreNumbers":  {"apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {a: leak-marker, b: 1}}\n" + secret, ""},
		"TwoBrokenAtOnce":   {"a: [leak-marker\n---\n" + secret, "standard input"},
		"BrokenJSON":        {`{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "leak-marker",,}}`, "standard input"},
		"MergeKey":          {"apiVersion: v1\nkind: Secret\nstringData:\n  <<: leak-marker\n", "standard input"},
		"UnknownAnchor":     {"apiVersion: v1\nkind: Secret\nstringData: {password: leak-marker, b: *other}\n", "standard input"},
		"ValueIsAnAlias":    {"apiVersion: v1\nkind: Secret\nstringData: {password: *leak-marker}\n", "unknown anchor referenced"},
		"ValueIsNoNumber":   {"apiVersion: v1\nkind: Secret\nstringData: {password: !!int leak-marker}\n", "cannot decode"},
		"VersionHasSlashes": {"apiVersion: a/b/c\nkind: Secret\n" + secret, "the apiVersion of a manifest is not group/version"},
		"ItemWithSlashes":   {"apiVersion: v1\nkind: List\nitems: [{apiVersion: a/b/c, kind: Secret, data: {a: leak-marker}}]\n", "group/version"},
		"Tab":               {"apiVersion: v1\nkind: Secret\nstringData:\n\tpassword: leak-marker\n", "standard input"},
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

// TestErrorsShowNoContentOfKustomizations reads broken kustomizations with secret values.
func TestErrorsShowNoContentOfKustomizations(t *testing.T) {
	t.Parallel()
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: "
	tests := map[string]struct{ kustomization, resource, want string }{
		"Literal":        {"secretGenerator: [{name: a, literals: [leak-marker]}]", "", "is not key=value"},
		"EmptyKey":       {"secretGenerator: [{name: a, literals: ['=leak-marker']}]", "", "is not key=value"},
		"EnvFile":        {"secretGenerator: [{name: a, envs: [resource.yaml]}]", "a=b\n\xffc=leak-marker\n", "invalid utf8 bytes"},
		"Patch":          {"resources: [resource.yaml]\npatches: [{patch: 'stringData: {a: leak-marker'}]", secret + "{a: leak-marker}", "unable to parse"},
		"PatchIsNoFile":  {"resources: [resource.yaml]\npatchesStrategicMerge: ['stringData: {a: leak-marker}']", secret + "{a: b}", "that is no path"},
		"PatchOfNothing": {"resources: [resource.yaml]\npatches: [{patch: '" + `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"},"data":{"a":"leak-marker"}}` + "'}]", secret + "{a: b}", "no matches"},
		"Test":           {"resources: [resource.yaml]\npatches: [{target: {kind: Secret}, patch: '" + `[{"op":"test","path":"/stringData/a","value":"leak-marker-2"}]` + "'}]", secret + "{a: leak-marker}", "/stringData/a"},
		"Alias":          {"resources: [resource.yaml]", secret + "{a: *leak-marker}", "resource.yaml"},
		"NoKind":         {"resources: [resource.yaml]", "stringData: {a: leak-marker}", "missing Resource metadata"},
		"UnknownField":   {"secretGeneratorr: [{name: a, literals: [leak-marker]}]", "", "secretGeneratorr"},
		"WrongType":      {"secretGenerator: leak-marker", "", ""},
		"WrongLiterals":  {"secretGenerator: [{name: a, literals: leak-marker}]", "", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{"kustomization.yaml": tc.kustomization, "resource.yaml": tc.resource} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := read("", selection{files: resource.FilenameOptions{Kustomize: dir}, namespace: "here"})
			if err == nil {
				t.Fatal("there is no error")
			}
			if text := err.Error(); strings.Contains(text, "leak-marker") || strings.Contains(text, "108 101") || !strings.Contains(text, tc.want) {
				t.Errorf("error %q, want %q in it", text, tc.want)
			}
		})
	}
}
