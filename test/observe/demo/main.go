// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command demo shows on this machine which alerts fire when something goes wrong, and that they end. See package observe.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/observe"
)

const usage = `demo starts etcd, kube-apiserver, a Clerk emulator, two replicas of the operator and Prometheus on this machine. It causes one
problem after another, waits for the alerts, mends the causes and waits until the alerts end. Then it prints which alert fired and
ended when, and runs until Ctrl-C. It stops all of its processes when it exits. It takes a minute.

Usage:
  make observe-demo [ARGS="flags"]

Flags:
  --exit          exit after the table; the exit code is 0 only if every alert fired and ended and no other one fired
  --manager file  the operator's binary (default: bin/manager, built from this checkout)
  --help          show this text
`

// options are the parsed flags.
type options struct {
	root    string
	manager string
	exit    bool
}

func main() {
	controlplane.Leash()
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

// run shows everything and returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage)
		return 0
	case err != nil:
		fmt.Fprintf(errOut, "observe-demo: %v\nRun it with --help for the flags.\n", err)
		return 2
	}
	// At the beginning, because everything else takes time.
	if _, err = observe.FindPrometheus(); err == nil {
		err = show(ctx, o, out)
	}
	if err != nil {
		fmt.Fprintf(errOut, "observe-demo: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("observe-demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var o options
	flags.BoolVar(&o.exit, "exit", false, "")
	flags.StringVar(&o.manager, "manager", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var err error
	o.root, err = assets.Root()
	return o, err
}

// buildOperator builds the operator from the checkout, unless a flag names one.
func buildOperator(ctx context.Context, o *options, out io.Writer) error {
	if o.manager != "" {
		return nil
	}
	o.manager = filepath.Join(o.root, "bin", "manager")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", o.manager, ".")
	cmd.Dir, cmd.Stdout, cmd.Stderr = o.root, out, out
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the operator: %w", err)
	}
	return nil
}

// show runs the script, and stays afterwards unless --exit is given.
func show(ctx context.Context, o options, out io.Writer) (err error) {
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(out, "%5.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	if err := buildOperator(ctx, &o, out); err != nil {
		return err
	}
	logs := filepath.Join(o.root, "out", "observe")
	if err := errors.Join(os.RemoveAll(logs), os.MkdirAll(logs, 0o755)); err != nil {
		return fmt.Errorf("making room for the logs: %w", err)
	}
	say("starting etcd and kube-apiserver")
	plane, err := controlplane.StartWithCRDs()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	say("starting a Clerk emulator, the operator and Prometheus; the logs are in %s", logs)
	env, err := observe.Start(ctx, observe.Options{
		Admin: plane.Config(), Kubectl: plane.Kubectl(), Manager: o.manager,
		Rules: filepath.Join(o.root, "config", "prometheus", "rules.yaml"), Logs: logs, Say: say,
	})
	defer func() {
		say("stopping everything")
		err = errors.Join(err, env.Stop(context.WithoutCancel(ctx)))
	}()
	if err == nil {
		err = play(ctx, o, plane, env, out)
	}
	if ctx.Err() != nil && !o.exit {
		return nil
	}
	return err
}

// play plays the script, prints the table, and waits for Ctrl-C unless --exit is given.
func play(ctx context.Context, o options, plane *controlplane.ControlPlane, env *observe.Environment, out io.Writer) error {
	fmt.Fprint(out, "\n", env.Addresses(), "  export KUBECONFIG=", plane.Kubeconfig(), "\n\n")
	result, err := env.Play(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted before every alert had fired and ended: %w", context.Cause(ctx))
	}
	fmt.Fprintf(out, "\nWhat takes 1 minute in the rules took %s here.\n\n%s\n", time.Minute/observe.Factor, result.Table())
	if o.exit {
		return err
	}
	if err != nil {
		fmt.Fprintf(out, "observe-demo: %v\n", err)
	}
	fmt.Fprint(out, env.Addresses(), "Ctrl-C stops everything.\n")
	<-ctx.Done()
	return nil
}
