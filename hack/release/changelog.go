// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
)

// section returns the release notes: the text below the changelog's heading of the version, "## [0.1.0] - 2026-12-01".
func section(changelog, version string) (string, error) {
	number := strings.TrimPrefix(version, "v")
	heading := regexp.MustCompile(`(?m)^## \[` + regexp.QuoteMeta(number) + `\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	place := heading.FindStringIndex(changelog)
	if place == nil {
		return "", fmt.Errorf("CHANGELOG.md has no section \"## [%s] - YYYY-MM-DD\"; move the entries of \"Unreleased\" below such a heading", number)
	}
	text := changelog[place[1]:]
	// The next section, or the links at the end of the page.
	if end := regexp.MustCompile(`(?m)^(## |\[[^\]]+\]: )`).FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fmt.Errorf("the section [%s] of CHANGELOG.md is empty; say what users notice", number)
	}
	return text + "\n", nil
}
