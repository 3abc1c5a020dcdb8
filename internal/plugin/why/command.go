// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package why is the command "kubectl clerk why": what the operator does with one object, and why.
package why

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

const long = `Explains the state of one ClerkUser: its condition and since when, what differs at Clerk, what the operator waits for,
when it tries again, what it last wrote, and what to do.

If another object is the cause, such as a ClerkInstance that is not Ready or another ClerkUser of the same user, its state is shown
too. KIND/NAME explains a ClerkInstance or a ClerkUserAction.

The command reads the cluster only, and needs no key of Clerk. What the operator writes to Clerk is in its log; the command that
shows these lines is part of the answer. Without the right to read events, other objects or the operator's Lease, the answer is
shorter and says what is missing.`

const example = `  # Why is this user not Ready?
  kubectl clerk why ada-lovelace -n team-a

  # Why can the ClerkInstance not be used?
  kubectl clerk why clerkinstance/default -n team-a

  # What does the action wait for?
  kubectl clerk why clerkuseraction/lost-phone -n team-a

  # For a program
  kubectl clerk why ada-lovelace -n team-a -o json | jq -r '.findings[0].reason'`

// options are the flags.
type options struct {
	output            cli.Output
	operatorNamespace string
}

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:               "why USER | KIND/NAME",
		Short:             "Explain the state of a user, an instance or an action",
		Long:              long,
		Example:           example,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(e),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args[0]) },
	}
	cmd.Flags().StringVar(&o.operatorNamespace, "operator-namespace", "clerk-operator-system", "namespace in which the operator runs")
	_ = cmd.RegisterFlagCompletionFunc("operator-namespace", e.CompleteNamespace)
	o.output.AddFlag(cmd)
	return cmd
}

// complete completes the names of ClerkUsers, and behind a kind and a slash those of that kind.
func complete(e *cli.Environment) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		prefix, rest, found := strings.Cut(typed, "/")
		kind, err := cli.ParseKind(prefix)
		if !found {
			return e.CompleteName(func() client.ObjectList { return &v1alpha1.ClerkUserList{} })(cmd, args, typed)
		}
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names, directive := e.CompleteName(func() client.ObjectList { return listOf(kind) })(cmd, args, rest)
		for i := range names {
			names[i] = prefix + "/" + names[i]
		}
		return names, directive
	}
}

func listOf(kind cli.Kind) client.ObjectList {
	switch kind.Name {
	case reasons.KindInstance:
		return &v1alpha1.ClerkInstanceList{}
	case reasons.KindAction:
		return &v1alpha1.ClerkUserActionList{}
	default:
		return &v1alpha1.ClerkUserList{}
	}
}

func (o *options) run(ctx context.Context, e *cli.Environment, argument string) error {
	kind, name, err := parse(argument)
	if err != nil {
		return err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return err
	}
	reader, err := e.Reader()
	if err != nil {
		return err
	}
	c := &collector{
		reader: reader, now: e.Now(), operatorNamespace: o.operatorNamespace,
		report: &Report{Kind: kind.Name, Namespace: namespace, Name: name},
	}
	about := map[string]func(context.Context, client.ObjectKey) error{
		reasons.KindUser: c.user, reasons.KindInstance: c.instance, reasons.KindAction: c.action,
	}
	if err := about[kind.Name](ctx, client.ObjectKey{Namespace: namespace, Name: name}); err != nil {
		return err
	}
	c.report.mapCommands(e.SameCluster)
	if o.output.Structured() {
		return o.output.Print(e.Out, c.report)
	}
	var text bytes.Buffer
	page{out: &text, colors: e.Colors(), now: c.now}.write(c.report)
	return cli.Write(e.Out, text.Bytes())
}

// parse returns the kind and the name in an argument.
func parse(argument string) (cli.Kind, string, error) {
	before, name, found := strings.Cut(argument, "/")
	if !found {
		before, name = "clerkuser", argument
	}
	kind, err := cli.ParseKind(before)
	if err == nil && name == "" {
		err = fmt.Errorf("%q has no name; write KIND/NAME", argument)
	}
	return kind, name, err
}
