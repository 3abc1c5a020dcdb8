// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Where links in the table lead to.
const (
	pagesURL = "https://github.com/clerk-operator/clerk-operator/blob/main/"
	page     = "docs/reference/reasons.md"
)

// Plain returns the entry with texts without Markdown, as for a terminal. Links are addresses.
func (e Entry) Plain() Entry {
	e.Meaning, e.Retry, e.Cases = Plain(e.Meaning), Plain(e.Retry), slices.Clone(e.Cases)
	for i := range e.Cases {
		e.Cases[i].Remedy = Plain(e.Cases[i].Remedy)
	}
	return e
}

// Plain returns a text of the table without Markdown.
func Plain(text string) string {
	link := regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)
	text = link.ReplaceAllStringFunc(text, func(found string) string {
		parts := link.FindStringSubmatch(found)
		return parts[1] + " (" + address(parts[2]) + ")"
	})
	return strings.ReplaceAll(text, "`", "")
}

// address returns where a link in the page of the table leads to.
func address(target string) string {
	file, anchor, found := strings.Cut(target, "#")
	if file == "" {
		file = path.Base(page)
	}
	if found {
		anchor = "#" + anchor
	}
	return pagesURL + path.Join(path.Dir(page), file) + anchor
}
