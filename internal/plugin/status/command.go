// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

const long = `Shows how ClerkInstances and their ClerkUsers are: whether the key works, how many users are managed, the API budget, whether
users are read as often as they should be, the deletion brake, ClerkUsers by reason, and what needs a human, most urgent
first, each with the next command to type.

INSTANCE is a ClerkInstance as name or namespace/name. Without --all-namespaces, the command reads one namespace, and the
ClerkInstances to which its ClerkUsers refer. It needs no key of Clerk. It needs the right to list clerkusers and clerkinstances;
what it may not read it leaves out and says so. Whether the operator runs, it reads from the Lease in the operator's namespace.

How much of the API budget is in use, and the times of the last syncs, are in the operator's metrics only, because a quiet
ClerkInstance is not written. --metrics reads them from a file or from standard input, and --output=wide names them.`

const examples = `  # This namespace
  kubectl clerk status

  # All namespaces, with all that needs a human
  kubectl clerk status --all-namespaces --all

  # One ClerkInstance and its ClerkUsers of all namespaces
  kubectl clerk status clerk/default --all-namespaces

  # With the API budget in use and the times of the last syncs, as somebody who may read the operator's metrics
  kubectl port-forward --namespace clerk-operator-system deployment/clerk-operator-controller-manager 8443 &
  curl --insecure --header "Authorization: Bearer $(kubectl create token prometheus --namespace monitoring)" https://localhost:8443/metrics |
    kubectl clerk status --metrics -

  # Again and again, until Ctrl-C
  kubectl clerk status --watch

  # The names of the ClerkUsers that need a human
  kubectl clerk status -A -o json | jq -r '.needsHuman[] | select(.kind == "ClerkUser") | .namespace + "/" + .name'`

// defaultMost is how many objects that need a human are shown without --all.
const defaultMost = 10

// answerPatience is how long the cluster may take to answer all questions of one report.
const answerPatience = time.Minute

// options are the flags.
type options struct {
	allNamespaces     bool
	all, watch        bool
	operatorNamespace string
	metrics           string
	output            cli.Output
}

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := options{}
	cmd := &cobra.Command{
		Use:     "status [INSTANCE]",
		Short:   "Show how ClerkInstances and ClerkUsers are, and what needs a human",
		Long:    long,
		Example: examples,
		Args:    cobra.MaximumNArgs(1),

		ValidArgsFunction: e.CompleteName(func() client.ObjectList { return &v1alpha1.ClerkInstanceList{} }),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := o.scope(e, args)
			if err != nil {
				return err
			}
			shown := screen{out: e.Out, errOut: e.ErrOut, terminal: cli.IsTerminal(e.Out), output: o.output, text: o.renderer(e), now: e.Now}
			read := func(ctx context.Context) (Report, error) { return o.read(ctx, e, s) }
			if o.watch && o.metrics == "-" {
				return errors.New("--watch reads --metrics again and again, so it must be a file")
			}
			if o.watch {
				return watch(cmd.Context(), read, &shown, wait)
			}
			report, err := read(cmd.Context())
			if err != nil {
				return err
			}
			return shown.show(report)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "read all namespaces; with INSTANCE, its ClerkUsers of all namespaces")
	flags.BoolVar(&o.all, "all", false, fmt.Sprintf("show all that needs a human, instead of the %d most urgent", defaultMost))
	flags.BoolVarP(&o.watch, "watch", "w", false, "show the status again every few seconds, until Ctrl-C")
	flags.StringVar(&o.operatorNamespace, "operator-namespace", "", "namespace of the operator and its Lease (default: where a Lease named clerk-operator is)")
	flags.StringVar(&o.metrics, "metrics", "", "file with what the operator's /metrics answers; - for standard input")
	o.output.AddFlag(cmd, cli.OutputWide)
	_ = cmd.RegisterFlagCompletionFunc("operator-namespace", e.CompleteNamespace)
	_ = cmd.MarkFlagFilename("metrics")
	return cmd
}

func (o options) scope(e *cli.Environment, args []string) (scope, error) {
	namespace, err := e.Namespace()
	if err != nil {
		return scope{}, err
	}
	s := scope{namespace: namespace}
	if len(args) > 0 {
		if s.instance, err = cli.InstanceName(namespace, args[0]); err != nil {
			return scope{}, err
		}
		s.namespace = s.instance.Namespace
	}
	if o.allNamespaces {
		s.namespace = ""
	}
	return s, nil
}

func (o options) renderer(e *cli.Environment) renderer {
	r := renderer{colors: e.Colors(), wide: o.output == cli.OutputWide, most: defaultMost}
	if o.all {
		r.most = 0
	}
	return r
}

// read reads the cluster once.
func (o options) read(ctx context.Context, e *cli.Environment, s scope) (Report, error) {
	reader, err := e.Reader()
	if err != nil {
		return Report{}, err
	}
	measured, err := o.readMetrics(e)
	if err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	c := collector{reader: reader, now: e.Now, measured: measured, lease: leaseReader{reader: reader, namespace: o.operatorNamespace, wait: wait, now: e.Now}}
	report, err := c.run(ctx, s)
	report.mapCommands(e.SameCluster)
	return report, err
}

// readMetrics reads the operator's metrics; nil if the flag does not name any.
func (o options) readMetrics(e *cli.Environment) (metrics, error) {
	switch o.metrics {
	case "":
		return nil, nil
	case "-":
		return readMetrics(e.In)
	}
	file, err := os.Open(o.metrics)
	if err != nil {
		return nil, fmt.Errorf("--metrics: %w", err)
	}
	defer file.Close()
	return readMetrics(file)
}

// wait waits, or returns the error of the context.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
