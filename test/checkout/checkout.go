// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package checkout makes a directory like a fresh checkout of this repository, for tests that follow the documentation.
package checkout

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// New returns a directory like a fresh checkout, in which commands may write, until the test ends.
func New(t testing.TB) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	place := t.TempDir()
	built := []string{".git", ".cache", "bin", "dist", "out", "my-operator"}
	for _, entry := range entries {
		if slices.Contains(built, entry.Name()) {
			continue
		}
		if err := os.Symlink(filepath.Join(root, entry.Name()), filepath.Join(place, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	// Kustomize follows links and then looks for "../config" beside the original.
	config := filepath.Join(place, "config")
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(config, os.DirFS(filepath.Join(root, "config"))); err != nil {
		t.Fatal(err)
	}
	return place
}
