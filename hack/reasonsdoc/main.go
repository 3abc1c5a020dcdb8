// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command reasonsdoc writes the table of reasons into docs/reference/reasons.md, below its introduction.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// begin separates the introduction, which is written by hand, from the generated rest of the document.
const begin = "<!-- Below this line, the document is generated: make generate. -->\n"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reasonsdoc FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reasonsdoc:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	introduction, _, found := strings.Cut(string(text), begin)
	if !found {
		return fmt.Errorf("%s has no line %q", path, strings.TrimSpace(begin))
	}
	return os.WriteFile(path, []byte(introduction+begin+render(reasons.All())), 0o644)
}
