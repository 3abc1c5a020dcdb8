// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/docs"
)

// TestPageShowsAStory compares the story that CONTRIBUTING.md shows with the one that runs, but for the page's comments.
func TestPageShowsAStory(t *testing.T) {
	t.Parallel()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("drift_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, b := range docs.Blocks(string(page)) {
		if b.Language != "go" {
			continue
		}
		shown++
		story := regexp.MustCompile(`(?m) *// .*$`).ReplaceAllString(b.Text(), "")
		if !strings.Contains(string(source), story) {
			_, there, _ := strings.Cut(string(source), story[:strings.Index(story, "\n")+1])
			t.Errorf("CONTRIBUTING.md:%d shows another story than drift_test.go (-page +file):\n%s", b.Line, cmp.Diff(story, there[:min(len(there), len(story))]))
		}
	}
	if shown != 1 {
		t.Errorf("CONTRIBUTING.md shows %d stories, want 1", shown)
	}
}
