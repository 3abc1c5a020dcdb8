// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command withcontrolplane starts one control plane with this repository's kinds, and runs a command that finds it by
// an environment variable. Then it stops the control plane and exits with the command's exit code:
//
//	go run ./hack/withcontrolplane go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// grace is how long the command may take to end after a signal.
const grace = 30 * time.Second

func main() {
	controlplane.Leash()
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withcontrolplane COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1], os.Args[2:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, name string, args []string) (int, error) {
	ctx, cancel := controlplane.WithParent(ctx)
	defer cancel()
	p, err := controlplane.StartWithCRDs()
	if err != nil {
		return 1, err
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), p.Environment()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), p.Stop()
	}
	return 0, errors.Join(err, p.Stop())
}
