// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command referencedocs writes the generated parts of the pages in docs/reference:
//
//	go run ./hack/referencedocs docs/reference
//
// A page has a part that is written by hand above the generated one, and can have another below it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/clerk-operator/clerk-operator/hack/referencedocs/events"
	"github.com/clerk-operator/clerk-operator/hack/referencedocs/flags"
	"github.com/clerk-operator/clerk-operator/hack/referencedocs/metrics"
	"github.com/clerk-operator/clerk-operator/hack/referencedocs/rbac"
	"github.com/clerk-operator/clerk-operator/hack/referencedocs/reasons"
)

// The lines around the generated part of a page.
const (
	begin = "<!-- Below this line, the document is generated: make generate. -->\n"
	end   = "<!-- Above this line, the document is generated: make generate. -->\n"
)

// pages are the names of the pages, and what makes their generated parts.
func pages() map[string]func(context.Context) (string, error) {
	return map[string]func(context.Context) (string, error){
		"events.md": events.Page, "flags.md": flags.Page, "metrics.md": metrics.Page, "rbac.md": rbac.Page, "reasons.md": reasons.Page,
	}
}

func main() {
	ctrl.SetLogger(logr.Discard())
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: referencedocs DIRECTORY")
		os.Exit(2)
	}
	var problems []error
	for name, generate := range pages() {
		if err := write(context.Background(), filepath.Join(os.Args[1], name), generate); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		fmt.Fprintln(os.Stderr, "referencedocs:", err)
		os.Exit(1)
	}
}

// write replaces the generated part of a page.
func write(ctx context.Context, path string, generate func(context.Context) (string, error)) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	above, below, found := strings.Cut(string(text), begin)
	if !found {
		return fmt.Errorf("there is no line %q", strings.TrimSpace(begin))
	}
	generated, err := generate(ctx)
	if err != nil {
		return err
	}
	page := above + begin + "\n" + strings.TrimSpace(generated) + "\n"
	if _, below, found = strings.Cut(below, end); found {
		page += "\n" + end + below
	}
	return os.WriteFile(path, []byte(page), 0o644)
}
