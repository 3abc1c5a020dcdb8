// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command vulnerabilities runs govulncheck on the modules that ship, or build what ships:
//
//	go run ./hack/vulnerabilities . hack/supplychain
//
// It first looks for imported packages with a known vulnerability, which takes a second. Only if there is one does it find
// out whether the module calls the vulnerable function, which takes a minute. If no database can be reached, it prints a
// notice; with -required, it fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func main() {
	required := flag.Bool("required", false, "fail if no database can be reached")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Args(), *required)
	stop()
	if err != nil {
		sayf("%v", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, modules []string, required bool) error {
	root, err := assets.Root()
	if err != nil {
		return err
	}
	tool, err := govulncheck(ctx, root)
	if err != nil {
		return err
	}
	known, err := findDatabase(root)
	if err != nil {
		return err
	}
	defer known.remove()
	for _, module := range modules {
		s := scan{tool: tool, dir: filepath.Join(root, module), database: known.address}
		if err := s.run(ctx); errors.Is(err, errNoDatabase) {
			return unreachable(err, required)
		} else if err != nil {
			return fmt.Errorf("%s: %w", module, err)
		}
		sayf("%s: no known vulnerability in what it calls, by the database %s", module, known.source)
	}
	return nil
}

// unreachable turns a database that cannot be reached into a notice, so that the other checks work without a network.
func unreachable(err error, required bool) error {
	err = fmt.Errorf("NOT CHECKED for known vulnerabilities: %w; name a database in %s: a URL, a directory or a .tar.gz archive", err, variable)
	if required {
		return err
	}
	sayf("%v", err)
	return nil
}

func sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "vulnerabilities: "+format+"\n", args...)
}
