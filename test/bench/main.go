// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the operator: the real manager as a process, against a real kube-apiserver and etcd and a
// Clerk emulator that answers after a fixed time. It counts the manager's requests to Clerk and to Kubernetes, its CPU
// time and memory, and the time from an apply to Ready.
//
//	make bench ARGS="-n 1000 -latency 100ms -o out.json"
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func main() {
	controlplane.Leash()
	runControlChild()
	// envtest and client-go log through these, and warn if no logger is set.
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second Ctrl-C ends the program at once; the leashes then clean up.
	context.AfterFunc(ctx, stop)
	ctx, cancel := controlplane.WithParent(ctx)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	os.Exit(code)
}

// run measures and returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage)
		return 0
	case err != nil:
		fmt.Fprintf(errOut, "bench: %v\n\n%s", err, usage)
		return 2
	}
	if err := measureAll(ctx, o, out, errOut); err != nil {
		fmt.Fprintf(errOut, "bench: %v\n", err)
		return 1
	}
	return 0
}
