// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestImageNamesItsRegistry(t *testing.T) {
	t.Parallel()
	for image, right := range map[string]bool{
		"registry.example.com/clerk-operator":            true,
		"registry.example.com:5000/group/clerk-operator": true,
		"registry:5000/clerk-operator":                   true,
		"localhost/clerk-operator":                       true,
		"":                                               false,
		"clerk-operator":                                 false,
		"group/clerk-operator":                           false,
		"registry.example.com/clerk-operator:v1.2.3":     false,
		"registry.example.com/Group/clerk-operator":      false,
		"registry.example.com/":                          false,
		"registry.example.com/clerk-operator\nname: a":   false,
	} {
		if err := checkImage(image); (err == nil) != right {
			t.Errorf("checkImage(%q) = %v, want an error: %t", image, err, !right)
		}
	}
}

// What a release would replace stays until its arguments and the checkout are right.
func TestRefusedReleaseRemovesNothing(t *testing.T) {
	t.Parallel()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	former := filepath.Join(dir, "install.yaml")
	if err := os.WriteFile(former, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const image = "registry.example.com/clerk-operator"
	for want, args := range map[string][]string{
		"registry and a name":       {"-output", dir, "-replace"},
		"unexpected argument":       {"-output", dir, "-replace", "-image", image, "now"},
		"is not empty":              {"-output", dir, "-image", image},
		"contains the checkout":     {"-output", root, "-replace", "-image", image},
		filepath.Dir(root) + " con": {"-output", filepath.Dir(root), "-replace", "-image", image},
		"/ contains":                {"-output", "/", "-replace", "-image", image},
	} {
		if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("run(%q) = %v, want %q", args, err, want)
		}
		if _, err := os.Stat(former); err != nil {
			t.Errorf("run(%q): %v", args, err)
		}
	}
	// The checkout has changes, or no such section; both are found before anything is removed.
	if err := run(t.Context(), []string{"-output", dir, "-replace", "-image", image, "-version", "v999.0.0"}); err == nil {
		t.Error("a version that the changelog does not have is released")
	}
	if _, err := os.Stat(former); err != nil {
		t.Error(err)
	}
}
