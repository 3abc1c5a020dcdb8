// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// fence is a block of code in a document.
var fence = regexp.MustCompile("(?ms)^```([a-z]+)[^\n]*\n(.*?)^```$")

// headings separate the sections of a document.
var headings = regexp.MustCompile(`(?m)^#+ (.*)$`)

// section returns the text of a document below a heading, up to the next heading of any level.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	text := read(t, document)
	// A comment in a block of code looks like a heading.
	outside := fence.ReplaceAllStringFunc(text, func(block string) string { return strings.ReplaceAll(block, "#", " ") })
	found := headings.FindAllStringSubmatchIndex(outside, -1)
	for i, at := range found {
		if text[at[2]:at[3]] != heading {
			continue
		}
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		return text[at[1]:end]
	}
	t.Fatalf("%s has no heading %q", document, heading)
	return ""
}

// blocks returns the blocks of code of one language below a heading.
func blocks(t *testing.T, document, heading, language string) []string {
	t.Helper()
	var found []string
	for _, block := range fence.FindAllStringSubmatch(section(t, document, heading), -1) {
		if block[1] == language {
			found = append(found, block[2])
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s below %q", document, language, heading)
	}
	return found
}

func read(t *testing.T, document string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), document))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
