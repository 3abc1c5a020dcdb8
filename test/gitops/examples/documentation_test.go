// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// TestDocumentedTestsExist finds each test and each file that docs/how-to/gitops.md names.
func TestDocumentedTestsExist(t *testing.T) {
	t.Parallel()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	var tests strings.Builder
	for _, pattern := range []string{"test/story/*_test.go", "test/gitops/flux/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tests.WriteString(read(file))
		}
	}
	document := read(filepath.Join(root, "docs", "how-to", "gitops.md"))
	named := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(document, -1)
	if len(named) < 15 {
		t.Errorf("docs/how-to/gitops.md names %d tests", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("docs/how-to/gitops.md names %s, which does not exist", name[1])
		}
	}
	for _, link := range regexp.MustCompile(`\]\((\.\./[^)#]+)`).FindAllStringSubmatch(document, -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", "how-to", link[1])); err != nil {
			t.Errorf("docs/how-to/gitops.md: %v", err)
		}
	}
}
