// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// edit is one line of the chart that a release sets.
type edit struct {
	file    string
	pattern string // matches exactly one line
	line    string
}

// edits returns the lines that name the version and the image. The tag of the image follows appVersion.
func (r *release) edits() []edit {
	return []edit{
		{"Chart.yaml", `(?m)^version: .*$`, "version: " + strings.TrimPrefix(r.version, "v")},
		{"Chart.yaml", `(?m)^appVersion: .*$`, "appVersion: " + r.version},
		{"Chart.yaml", `(?m)^      image: clerk-operator:devel$`, "      image: " + r.image + ":" + r.version},
		{"values.yaml", `(?m)^  repository: clerk-operator$`, "  repository: " + r.image},
	}
}

// makeChart packages a copy of the chart that has the version and the image of the release. Its README has them too, and links
// that work outside the repository.
func (r *release) makeChart(ctx context.Context, scratch string) error {
	chart := filepath.Join(scratch, "chart", "clerk-operator")
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(r.root, "charts", "clerk-operator"))); err != nil {
		return err
	}
	for _, edit := range r.edits() {
		if err := edit.apply(chart); err != nil {
			return err
		}
	}
	if err := r.writeReadme(ctx, chart); err != nil {
		return fmt.Errorf("writing the README of the chart: %w", err)
	}
	return r.run(ctx, command{
		dir: filepath.Join(r.root, "test", "chart"), tool: "helm", args: []string{"package", chart, "--destination", r.output},
	})
}

// writeReadme writes the README of a copy of the chart as "make generate" does.
func (r *release) writeReadme(ctx context.Context, chart string) error {
	err := r.run(ctx, command{dir: filepath.Join(r.root, "hack", "charttools"), tool: "helm-docs", args: []string{
		"--chart-search-root", filepath.Dir(chart), "--sort-values-order", "file", "--skip-version-footer", "--log-level", "warning",
	}})
	if err != nil {
		return err
	}
	readme := filepath.Join(chart, "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(absoluteLinks(string(text), "charts/clerk-operator/README.md", r.version)), 0o644)
}

func (e edit) apply(chart string) error {
	path := filepath.Join(chart, e.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(e.pattern)
	if found := line.FindAllIndex(text, -1); len(found) != 1 {
		return fmt.Errorf("%s has %d lines that match %q, and a release sets one", e.file, len(found), e.pattern)
	}
	return os.WriteFile(path, line.ReplaceAllLiteral(text, []byte(e.line)), 0o644)
}
