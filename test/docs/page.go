// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Page is a Markdown file that users read.
type Page struct {
	// Name is its path from the root of the repository, with slashes.
	Name, Text string
}

// Pages returns the pages below the root of the repository, sorted by name. Records of the past (the changelog, decisions) and the
// list of licences, which are checked elsewhere, are no pages.
func Pages(root string) ([]Page, error) {
	var pages []Page
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".md" || slices.Contains([]string{"CHANGELOG.md", "docs/development/licences.md"}, name):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		pages = append(pages, Page{Name: name, Text: string(text)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the pages below %s: %w", root, err)
	}
	return pages, nil
}

// skipped reports whether a directory holds no pages.
func skipped(name string) bool {
	base := path.Base(name)
	return name != "." && (strings.HasPrefix(base, ".") || name == "docs/decisions" ||
		slices.Contains([]string{"bin", "out", "dist", "node_modules", "testdata"}, base))
}
