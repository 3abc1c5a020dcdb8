// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package options is the operator's command line.
package options

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// Options are what the command line says. Each field is the value of the flag of about that name.
type Options struct {
	Kubeconfig        string
	Hosts             clerkinstance.AllowedHosts
	ClusterID         string
	Concurrency       int
	CountInterval     time.Duration
	DefaultInstance   types.NamespacedName
	HealthAddress     string
	LeaderElect       bool
	LeaseTimings      lease.Timings
	LogFormat         string
	LogLevel          int8
	MetricsAddress    string
	OperatorNamespace string
	SecretInterval    time.Duration
	ShowVersion       bool
	WatchNamespaces   []string
	WatchSecrets      bool
	// Changed are the flags that were given another value than the default, by name. No flag has a secret value.
	Changed map[string]string
}

const usage = `clerk-operator manages users of Clerk as ClerkUser objects declare them.

It finds the cluster as kubectl does, by the first of these that is there: --kubeconfig, KUBECONFIG, ~/.kube/config, the
service account of its pod.

Usage:
  manager [flags]

Flags:
`

const usageWidth = 110

// Parse reads a command line. The error is pflag.ErrHelp after --help, which prints into help. With --version, nothing else is
// checked.
func Parse(args []string, help io.Writer) (Options, error) {
	var l line
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	for _, g := range l.groups() {
		flags.AddFlagSet(g.Flags)
	}
	flags.SortFlags = true
	flags.Usage = func() { fmt.Fprint(help, usage, flags.FlagUsagesWrapped(usageWidth)) }
	if err := parse(flags, args); err != nil || l.ShowVersion {
		return l.Options, err
	}
	l.Changed = changedFlags(flags)
	if l.OperatorNamespace == "" {
		l.OperatorNamespace = ownNamespace()
	}
	return l.Options, l.complete()
}

// parse reads the flags. Other arguments are refused: "--leader-elect false" would turn leader election on.
func parse(flags *pflag.FlagSet, args []string) error {
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("reading the flags: %w; --help lists them", err)
	case flags.NArg() > 0:
		return fmt.Errorf("reading the flags: unexpected argument %q; write values as --flag=value; --help lists the flags", flags.Arg(0))
	}
	return nil
}

// changedFlags returns the flags whose value differs from the default.
func changedFlags(flags *pflag.FlagSet) map[string]string {
	changed := map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if value := f.Value.String(); value != f.DefValue {
			changed[f.Name] = value
		}
	})
	return changed
}

// complete checks what flags cannot check by themselves.
func (l *line) complete() (err error) {
	if l.Hosts, err = clerkinstance.ParseAllowedHosts(l.hosts); err != nil {
		return fmt.Errorf("--allowed-api-hosts: %w", err)
	}
	if l.defaultInstance != "" {
		namespace, name, found := strings.Cut(l.defaultInstance, "/")
		if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
			return fmt.Errorf("--default-instance: want namespace/name, not %q", l.defaultInstance)
		}
		l.DefaultInstance = types.NamespacedName{Namespace: namespace, Name: name}
	}
	if err := l.checkNamespaces(); err != nil {
		return err
	}
	if err := l.LeaseTimings.Validate(); err != nil {
		return err
	}
	if format := logging.Format(l.LogFormat); format != logging.JSON && format != logging.Console {
		return fmt.Errorf("--log-format: want json or console, not %q", l.LogFormat)
	}
	if l.LogLevel < 0 || l.LogLevel > logging.MaxLevel {
		return fmt.Errorf("--log-level: want 0 to %d, not %d", logging.MaxLevel, l.LogLevel)
	}
	if l.Concurrency < 1 {
		return fmt.Errorf("--concurrency: want at least 1, not %d", l.Concurrency)
	}
	return nil
}

// checkNamespaces checks what --watch-namespaces needs.
func (l *line) checkNamespaces() error {
	switch instance := l.DefaultInstance.Namespace; {
	case len(l.WatchNamespaces) == 0:
		return nil
	case l.ClusterID == "":
		return errors.New("--watch-namespaces needs --cluster-id, because the operator then cannot read namespace kube-system")
	case instance != "" && !slices.Contains(l.WatchNamespaces, instance):
		return fmt.Errorf("--default-instance: namespace %q is not one of --watch-namespaces", instance)
	}
	return nil
}

// ownNamespace is the namespace of the pod, or default where there is none.
func ownNamespace() string {
	text, err := os.ReadFile(namespaceFile)
	if err != nil {
		return "default"
	}
	return strings.TrimSpace(string(text))
}
