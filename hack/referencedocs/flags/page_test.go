// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/options"
)

const root = "../../.."

// TestEveryFlagOfTheHelpIsOnThePage compares what --help prints with the page in the repository.
func TestEveryFlagOfTheHelpIsOnThePage(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/reference/flags.md")
	var help strings.Builder
	if _, err := options.Parse([]string{"--help"}, &help); err == nil {
		t.Fatal("--help is no error that ends the command")
	}
	found := regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllStringSubmatch(help.String(), -1)
	if len(found) < 15 {
		t.Fatalf("the help has %d flags:\n%s", len(found), help.String())
	}
	for _, flag := range found {
		if !strings.Contains(page, "`"+flag[1]+"` | ") {
			t.Errorf("%s is not on the page; run make generate", flag[1])
		}
	}
}

// TestEveryVariableIsOnThePage looks for the variables that the operator's own code reads. Go and client-go read others.
func TestEveryVariableIsOnThePage(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/reference/flags.md")
	reads := regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\(([^)]*)\)`)
	seen := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && name != "." && !linked(name) {
			return fs.SkipDir
		}
		if err != nil || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text := read(t, name)
		for _, found := range reads.FindAllStringSubmatch(text, -1) {
			seen++
			if variable := variableIn(text, found[1]); !strings.Contains(page, "`"+variable+"`") {
				t.Errorf("%s reads %s, which is not on the page", name, found[1])
			}
		}
		return nil
	})
	if err != nil || seen < 3 {
		t.Errorf("%d reads of variables were found (%v)", seen, err)
	}
}

// linked reports whether the operator has the packages of a directory.
func linked(directory string) bool {
	if slices.Contains([]string{"internal/emulator", "internal/plugin", "internal/preview"}, directory) {
		return false
	}
	return directory == "internal" || strings.HasPrefix(directory, "internal/")
}

// variableIn returns the variable that an argument names, as text or as a constant of the file.
func variableIn(text, argument string) string {
	constant := regexp.MustCompile(`(?m)^\s*(?:const )?` + regexp.QuoteMeta(argument) + `\s+= "(\w+)"`).FindStringSubmatch(text)
	if constant != nil {
		return constant[1]
	}
	return strings.Trim(argument, `"`)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(path.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
