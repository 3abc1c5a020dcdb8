// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ships    bool
		licences []string
		want     string
	}{
		"Allowed":               {ships: true, licences: []string{"Apache-2.0", "MIT"}},
		"OneOfTwoIsNot":         {ships: true, licences: []string{"MIT", "GPL-3.0"}, want: "GPL-3.0"},
		"CopyleftOfFiles":       {ships: true, licences: []string{"MPL-2.0"}, want: "MPL-2.0"},
		"CopyleftOfFilesInTest": {licences: []string{"MPL-2.0"}},
		"CopyleftInTest":        {licences: []string{"AGPL-3.0"}, want: "AGPL-3.0"},
		"None":                  {ships: true, want: "no licence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := dependency{path: "example.test/a", licences: test.licences}
			if test.ships {
				tried.in = []string{"plugin"}
			}
			err := refuse([]dependency{tried})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("refuse() = %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	apache, err := os.ReadFile("../../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	known, notice := put("LICENSE", string(apache)), put("NOTICE", "Made by somebody.")
	if got, err := identify([]string{known, notice}); err != nil || !slices.Equal(got, []string{"Apache-2.0"}) {
		t.Errorf("identify() = %v, %v, want Apache-2.0", got, err)
	}
	if got, err := identify([]string{put("COPYING", "Ask me first."), known}); err == nil {
		t.Errorf("a licence of somebody's own passes as %v", got)
	}
}

func TestDependenciesKnowWhatShips(t *testing.T) {
	t.Parallel()
	found, err := dependencies(t.Context(), "../../..")
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]string{}
	for _, dependency := range found {
		in[dependency.path] = strings.Join(dependency.in, " ")
	}
	for path, want := range map[string]string{
		"Go's standard library":                "operator plugin",
		"sigs.k8s.io/controller-runtime":       "operator plugin",
		"github.com/spf13/cobra":               "plugin",
		"github.com/inconshreveable/mousetrap": "plugin", // on Windows
		"pgregory.net/rapid":                   "",
	} {
		if got, listed := in[path]; !listed || got != want {
			t.Errorf("%s: listed %t, in %q, want %q", path, listed, got, want)
		}
	}
}

func TestListMustBeCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join("hack", "supplychain", "licences", "licence_test.go")
	if err := run(t.Context(), "../../..", file, false); err == nil || !strings.Contains(err.Error(), "make licence-list") {
		t.Errorf("run() = %v, want an error that names the remedy", err)
	}
}
