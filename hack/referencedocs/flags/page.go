// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package flags makes docs/reference/flags.md from the operator's own flags.
package flags

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/clerk-operator/clerk-operator/internal/options"
)

// Page returns the generated part of the page.
func Page(context.Context) (string, error) {
	var b strings.Builder
	for _, group := range options.Groups() {
		fmt.Fprintf(&b, "\n### %s\n\n| flag | value | default | meaning |\n|---|---|---|---|\n", group.Title)
		group.Flags.VisitAll(func(f *pflag.Flag) { b.WriteString(row(f)) })
	}
	return b.String(), nil
}

func row(f *pflag.Flag) string {
	meaning, preset := split(f)
	return fmt.Sprintf("| <a id=\"%s\"></a>`--%s` | %s | %s | %s |\n", f.Name, f.Name, valueOf(f), cell(preset), cell(meaning))
}

// split returns what a flag means and what it is by default. A default that is known only at the start is a part of the usage.
func split(f *pflag.Flag) (meaning, preset string) {
	if said := regexp.MustCompile(`^(.*) \(default:? (.*)\)$`).FindStringSubmatch(f.Usage); said != nil {
		if !regexp.MustCompile(`^\d`).MatchString(said[2]) {
			return said[1], said[2]
		}
		return said[1], "`" + said[2] + "`"
	}
	switch preset = strings.Trim(f.DefValue, "[]"); preset {
	case "":
		return f.Usage, "none"
	default:
		return f.Usage, "`" + preset + "`"
	}
}

// valueOf says what form a value has.
func valueOf(f *pflag.Flag) string {
	switch kind := f.Value.Type(); kind {
	case "stringSlice":
		return "list"
	case "int", "int8":
		return "number"
	case "bool":
		return "`true` or `false`"
	default:
		return kind
	}
}

// cell makes a text one cell of a table, in which flags, paths and URLs are code.
func cell(text string) string {
	code := regexp.MustCompile(`--[a-z-]+|/[a-z]+z|/metrics|http://host:port`)
	return code.ReplaceAllString(strings.ReplaceAll(text, "|", `\|`), "`$0`")
}
