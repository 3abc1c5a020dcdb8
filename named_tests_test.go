// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// leastNamedTests is a floor for the number of tests that pages name. With fewer, this test looked in the wrong place.
const leastNamedTests = 100

// TestNamedTestsExist finds each test that a page names as the one that holds a claim. With a subtest, as in TestLaws/Cautious, its
// name must be in the same file.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	pages, tests := map[string]string{}, map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry)
		}
		switch {
		case strings.HasSuffix(name, "_test.go"):
			return readInto(tests, name)
		case path.Ext(name) == ".md" && name != "CHANGELOG.md":
			return readInto(pages, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	files := filesOfTests(tests)
	named := 0
	for page, text := range pages {
		for _, found := range regexp.MustCompile("`(Test[A-Za-z]+)(?:/([A-Za-z]+))?`").FindAllStringSubmatch(text, -1) {
			named++
			if file, exists := files[found[1]]; !exists {
				t.Errorf("%s names %s, which does not exist", page, found[1])
			} else if !strings.Contains(tests[file], `"`+found[2]) {
				t.Errorf("%s names %s/%s, and %s has no %s", page, found[1], found[2], file, found[2])
			}
		}
	}
	if named < leastNamedTests {
		t.Errorf("pages name %d tests, fewer than %d", named, leastNamedTests)
	}
}

// filesOfTests says in which file each test is.
func filesOfTests(texts map[string]string) map[string]string {
	declaration := regexp.MustCompile(`(?m)^func (Test[A-Za-z]+)\(`)
	files := map[string]string{}
	for file, text := range texts {
		for _, found := range declaration.FindAllStringSubmatch(text, -1) {
			files[found[1]] = file
		}
	}
	return files
}

func readInto(texts map[string]string, name string) error {
	text, err := os.ReadFile(name)
	texts[name] = string(text)
	return err
}
