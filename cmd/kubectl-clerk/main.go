// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command kubectl-clerk is a plugin of kubectl: it shows what clerk-operator does and would do with the users of a Clerk instance.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/clerk-operator/clerk-operator/internal/plugin"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// completer is the name under which kubectl runs a plugin's completion.
const completer = "kubectl_complete-clerk"

func main() {
	// The errors of the commands say what the libraries would log beside them.
	klog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)
	e := &cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Flags:     genericclioptions.NewConfigFlags(true).WithWarningPrinter(genericiooptions.IOStreams{ErrOut: os.Stderr}),
		Getenv:    os.Getenv,
		Now:       time.Now,
	}
	code := plugin.Run(ctx, e, arguments(os.Args))
	stop()
	os.Exit(code)
}

// arguments returns the arguments of the command. kubectl completes a plugin's command line with a program of another name,
// which may be a link to this one.
func arguments(args []string) []string {
	if strings.TrimSuffix(filepath.Base(args[0]), ".exe") == completer {
		return append([]string{cobra.ShellCompRequestCmd}, args[1:]...)
	}
	return args[1:]
}
