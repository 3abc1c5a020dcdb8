// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGeneratedPagesAreCompared compares the pages that "make generated" compares with those that say "make generate" writes them. A page
// that it forgets could differ from its source for ever.
func TestGeneratedPagesAreCompared(t *testing.T) {
	t.Parallel()
	printed, err := exec.CommandContext(t.Context(), "make", "--no-print-directory", "--eval", "pages:;@echo $(GENERATED_PAGES)", "pages").Output()
	if err != nil {
		t.Fatal(err)
	}
	compared := strings.Fields(string(printed))
	slices.Sort(compared)
	marked := regexp.MustCompile(`(?m)^<!--.*make generate\.? -->$`)
	var generated []string
	err = fs.WalkDir(os.DirFS("."), "docs", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".md") {
			return err
		}
		text, err := os.ReadFile(name)
		if marked.Match(text) {
			generated = append(generated, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(generated)
	if len(generated) == 0 || !slices.Equal(generated, compared) {
		t.Errorf("pages that say \"make generate\" writes them: %q; GENERATED_PAGES of the Makefile has: %q", generated, compared)
	}
}
