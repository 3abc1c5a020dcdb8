// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command ensurecontrolplane puts the named binaries of the control plane (by default etcd, kube-apiserver and kubectl)
// into the user's cache directory. It first tries a download by setup-envtest. If that fails, it builds them from the
// modules that hack/controlplane pins. A second run finds them and does nothing.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		sayf("%v", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	if len(names) == 0 {
		names = assets.Basic()
	}
	if dir := os.Getenv(assets.Variable); dir != "" {
		sayf("using %s=%s", assets.Variable, dir)
		_, err := assets.Find(names...)
		return err
	}
	root, err := assets.Root()
	if err != nil {
		return err
	}
	dir, err := assets.Directory(root)
	if err != nil {
		return err
	}
	if len(missing(dir, names)) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the cache directory: %w", err)
	}
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	return fill(ctx, root, dir, names)
}

// fill makes the missing ones of names in dir. Its caller holds the lock, so fill sees what another process made in the
// meantime.
func fill(ctx context.Context, root, dir string, names []string) error {
	if downloadable(missing(dir, names)) {
		if err := download(ctx, root, dir); err != nil {
			sayf("setup-envtest could not download the control plane (%v); building it from its modules instead", err)
		}
	}
	todo := missing(dir, names)
	if len(todo) == 0 {
		return nil
	}
	sayf("building %s once; etcd, kube-apiserver and kubectl take 5 to 12 minutes on two cores, "+
		"kube-controller-manager 1 to 3 more, all up to 3 GB of memory and 4 GB of disk", strings.Join(todo, ", "))
	for _, name := range todo {
		if err := build(ctx, root, dir, name); err != nil {
			return err
		}
	}
	sayf("the control plane is in %s", dir)
	return nil
}

func missing(dir string, names []string) []string {
	var absent []string
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			absent = append(absent, name)
		}
	}
	return absent
}

func sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "control plane: "+format+"\n", args...)
}
