// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command playground shows the operator on this machine. It starts a control plane, a Clerk emulator and the operator,
// applies the samples, and prints the result in the cluster and at Clerk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const usage = `playground starts etcd, kube-apiserver, a Clerk emulator and the operator on this machine, applies the samples and
shows their state. It runs until Ctrl-C and stops all of its processes when it exits.

Usage:
  make demo [ARGS="flags"]

Flags:
  --tour           show in seven steps what the operator does, each with its manifest, its commands and what happened in the
                   cluster and at Clerk; waits for Enter between the steps on a terminal
  --exit           exit by itself: when every sample is Ready, or after the tour. The exit code is 0 only if everything became
                   Ready within --limit and every check of the tour held
  --limit duration time within which a state must be reached (default 2m)
  --samples dir    manifests to apply (default config/samples)
  --manager file   the operator's binary (default: bin/manager, built from this checkout)
  --plugin file    the kubectl plugin's binary (default: bin/kubectl-clerk, built from this checkout)
  --help           show this text
`

// options are the parsed flags.
type options struct {
	root    string
	samples string
	manager string
	plugin  string
	limit   time.Duration
	exit    bool
	tour    bool
	// firstStep is the number of the first step, after those of hack/demosteps.
	firstStep int
}

func main() {
	controlplane.Leash()
	// envtest logs through controller-runtime, which warns if no logger is set.
	log.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second Ctrl-C ends the program at once; the leashes then clean up.
	context.AfterFunc(ctx, stop)
	ctx, cancel := controlplane.WithParent(ctx)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	cancel()
	os.Exit(code)
}

// run runs the playground and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage)
		return 0
	case err != nil:
		fmt.Fprintf(errOut, "playground: %v\nRun it with --help for the flags.\n", err)
		return 2
	}
	if err := play(ctx, o, in, out); err != nil {
		fmt.Fprintf(errOut, "playground: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var o options
	flags.BoolVar(&o.exit, "exit", false, "")
	flags.BoolVar(&o.tour, "tour", false, "")
	flags.DurationVar(&o.limit, "limit", 2*time.Minute, "")
	flags.StringVar(&o.samples, "samples", "", "")
	flags.StringVar(&o.manager, "manager", "", "")
	flags.StringVar(&o.plugin, "plugin", "", "")
	flags.IntVar(&o.firstStep, "first-step", 1, "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	root, err := assets.Root()
	if err != nil {
		return o, err
	}
	o.root = root
	if o.plugin != "" {
		// The guide names its directory for another terminal, which may be anywhere.
		if o.plugin, err = filepath.Abs(o.plugin); err != nil {
			return o, err
		}
	}
	if o.samples == "" {
		o.samples = filepath.Join(root, "config", "samples")
	}
	return o, nil
}
