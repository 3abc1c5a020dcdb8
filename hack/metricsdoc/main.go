// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command metricsdoc writes the table of the operator's metrics into docs/reference/metrics.md, below its introduction. It
// sets up the operator's own controllers without a cluster, and describes what their collectors send: first in a standby, then in
// a leader that uses Clerk instances.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// begin separates the introduction, which is written by hand, from the generated rest of the document.
const begin = "<!-- Below this line, the document is generated: make generate. -->\n"

func main() {
	ctrl.SetLogger(logr.Discard())
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: metricsdoc FILE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "metricsdoc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	introduction, _, found := strings.Cut(string(text), begin)
	if !found {
		return fmt.Errorf("%s has no line %q", path, strings.TrimSpace(begin))
	}
	standby, leader, err := gather(ctx)
	if err != nil {
		return err
	}
	generated := render(describe(standby, leader))
	return os.WriteFile(path, []byte(introduction+begin+"\n"+generated), 0o644)
}
