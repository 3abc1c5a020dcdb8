// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path"
	"regexp"
	"strings"
)

// project is the page of the project, page is where the files of a version can be read, and releases is where the files of
// a release can be downloaded.
const (
	project  = "https://github.com/clerk-operator/clerk-operator"
	page     = project + "/blob/"
	releases = project + "/releases/download/"
)

// linkTarget is the end of a link's text in Markdown, and its target.
var linkTarget = regexp.MustCompile(`\]\([^)\s]+`)

// absoluteLinks returns the text of a file of the checkout, such as docs/how-to/build-the-image.md, with links that work outside the repository.
func absoluteLinks(text, file, version string) string {
	return linkTarget.ReplaceAllStringFunc(text, func(found string) string {
		target := strings.TrimPrefix(found, "](")
		switch {
		case strings.Contains(target, "://"):
			return found
		case strings.HasPrefix(target, "#"):
			target = path.Base(file) + target
		}
		return "](" + page + version + "/" + path.Join(path.Dir(file), target)
	})
}
