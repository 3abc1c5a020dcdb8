// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clerk-operator/clerk-operator/test/contract"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// TestPageNamesEveryOperation keeps docs/reference/users-api.md complete: it says of each operation of Clerk's document how it is reached,
// or why it is not called.
func TestPageNamesEveryOperation(t *testing.T) {
	contract.Need(t)
	path, _ := contract.Find()
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "reference", "users-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			operations++
			if call := "`" + method + " " + path + "`"; !strings.Contains(string(page), call) {
				t.Errorf("docs/reference/users-api.md does not say what becomes of %s", call)
			}
		}
	}
	if operations < 40 {
		t.Errorf("only %d operations were looked at", operations)
	}
}
