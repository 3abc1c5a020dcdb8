// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command demosteps builds what a demo needs, as numbered steps with their progress. Names are those of binaries in bin/, and
// "controlplane" for the control plane of this user's cache:
//
//	demosteps -after 3 manager playground controlplane
//
// It imports the standard library only, so that it runs before anything is downloaded.
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

	"github.com/clerk-operator/clerk-operator/hack/progress"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// interrupted is the exit code of a program that Ctrl-C ended, as a shell has it.
const interrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	cancelled := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case cancelled:
		fmt.Fprintln(os.Stderr, "interrupted; the next start continues with what is built so far")
		os.Exit(interrupted)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("demosteps", flag.ContinueOnError)
	after := flags.Int("after", 0, "`number` of steps that another program prints after these")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := assets.Root()
	if err != nil {
		return err
	}
	if _, err := assets.Find(assets.Basic()...); err != nil {
		fmt.Fprint(out, firstStart)
	}
	steps := progress.New(out, 1, flags.NArg()+*after)
	for _, name := range flags.Args() {
		if err := build(ctx, root, name, steps); err != nil {
			return err
		}
	}
	return nil
}

// build builds one of the names as one step.
func build(ctx context.Context, root, name string, steps *progress.Steps) error {
	if name == "controlplane" {
		return controlPlane(ctx, root, steps.Begin("Find or build etcd, kube-apiserver and kubectl"))
	}
	known, ok := binaries()[name]
	if !ok {
		return errors.New("building " + name + ": it is no binary of a demo")
	}
	return binary(ctx, root, name, known.source, steps.Begin("Build "+known.title))
}

// firstStart is printed where there is no control plane yet.
const firstStart = `First start: this downloads some 80 Go modules, compiles this repository, and downloads etcd, kube-apiserver and kubectl. If
they cannot be downloaded, they are compiled, too. With empty caches, all of that took 17 minutes on two busy cores: 5 for
this repository, 12 for the control plane, which needs up to 3 GB of memory and 4 GB of disk. Later starts take seconds.
Ctrl-C is safe at any time: the next start continues.

`

type source struct{ title, source string }

func binaries() map[string]source {
	return map[string]source{
		"manager":       {"the operator", "."},
		"kubectl-clerk": {"the plugin of kubectl", "./cmd/kubectl-clerk"},
		"playground":    {"the demo itself", "./cmd/playground"},
		"observe-demo":  {"the demo itself", "./test/observe/demo"},
	}
}
