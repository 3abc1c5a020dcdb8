// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/contract"
)

func TestFindBelievesTheEnvironment(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ named, want string }{
		"AbsolutePath": {"/no/such/document.yml", "/no/such/document.yml"},
		"RelativePath": {"no/such/document.yml", filepath.Join(root, "no/such/document.yml")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(contract.Variable, test.named)
			path, found := contract.Find()
			if path != test.want || !found {
				t.Errorf("Find() = %q, %t, want %q", path, found, test.want)
			}
			if _, err := contract.Load(path); err == nil {
				t.Error("a document that is not there was loaded")
			}
		})
	}
}

// The search is tested in its own checkout.
func TestFindLooksAround(t *testing.T) {
	const name = "users-" + contract.Version + ".yml"
	above := t.TempDir()
	checkout := filepath.Join(above, "code", "operator")
	within := filepath.Join(checkout, "internal", "emulator")
	put := func(path string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put(filepath.Join(checkout, "hack", "controlplane", "go.mod"))
	put(filepath.Join(within, "doc.go"))
	t.Chdir(within)
	t.Setenv(contract.Variable, "")
	wants := func(want string) {
		t.Helper()
		if path, found := contract.Find(); !found || path != want {
			t.Errorf("Find() = %q, %t, want %q", path, found, want)
		}
	}
	// The machine may keep the document above the place for temporary files.
	if path, found := contract.Find(); found && strings.HasPrefix(path, above) || !found && path != "" {
		t.Errorf("Find() = %q, %t, and there is nothing yet", path, found)
	}
	wants(put(filepath.Join(above, "shared", "reference", "clerk-openapi", name)))
	wants(put(filepath.Join(above, "code", "shared", "reference", "clerk-openapi", name)))
	cache, err := contract.Cache()
	if err != nil {
		t.Fatal(err)
	}
	wants(put(cache))
	if want := filepath.Join(checkout, ".cache"); filepath.Dir(filepath.Dir(cache)) != want {
		t.Errorf("Cache() = %q, want it below %s", cache, want)
	}
}

func TestLoadRefusesOtherDocuments(t *testing.T) {
	t.Parallel()
	const head, users = "openapi: 3.0.3\ninfo: {title: Clerk, version: '2026-05-12'}\n", "paths:\n  /users/{user_id}: {}\n"
	const tokens = `  /users/{user_id}/oauth_access_tokens/{provider}:
    get: {responses: {'200': {description: d, content: {application/json: {schema: {type: array, items: {}}}}}}}
`
	const refusals = "components: {responses: {ClerkErrors: {description: d}}}\n"
	for name, text := range map[string]string{
		"Right":         head + users + tokens + refusals,
		"NotYAML":       "{",
		"OtherVersion":  strings.Replace(head, "2026-05-12", "2025-11-10", 1) + users + tokens + refusals,
		"NoUsers":       head + "paths:\n" + tokens + refusals,
		"NoRefusals":    head + users + tokens,
		"NoTokens":      head + users + refusals,
		"PlainText":     "not found",
		"NothingAtAll":  "",
		"NoInformation": "openapi: 3.0.3\n" + users + tokens + refusals,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "document.yml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := contract.Load(path); (err == nil) != (name == "Right") {
				t.Errorf("Load() = %v", err)
			}
		})
	}
}
