// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package manager builds the operator's binary for tests that run it as a process.
package manager

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// variable names the binary in the environment of a test process.
const variable = "CLERK_OPERATOR_TEST_MANAGER"

// Path returns the path of the binary. It is empty outside of the run function of Main.
func Path() string { return os.Getenv(variable) }

// Main builds the binary from the checkout for the time of a run, and returns the run's exit code; 1 if the build fails. A
// TestMain calls it.
func Main(ctx context.Context, run func() int) int {
	dir, err := os.MkdirTemp("", "clerk-operator-manager-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "manager")
	if err := build(ctx, path); err != nil {
		fmt.Fprintln(os.Stderr, "building the manager:", err)
		return 1
	}
	if err := os.Setenv(variable, path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

func build(ctx context.Context, path string) error {
	root, err := assets.Root()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	command.Dir, command.Stderr = root, os.Stderr
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	return command.Run()
}

// FreeAddress returns an address of this machine at which nobody listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
