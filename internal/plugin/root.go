// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugin is kubectl-clerk, a plugin of kubectl. It reads from Clerk and never writes there. It writes to the cluster only
// what the name of a command says.
package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/clerk-operator/clerk-operator/internal/plugin/action"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/plugin/diff"
	"github.com/clerk-operator/clerk-operator/internal/plugin/importer"
	"github.com/clerk-operator/clerk-operator/internal/plugin/orphans"
	"github.com/clerk-operator/clerk-operator/internal/plugin/reasons"
	"github.com/clerk-operator/clerk-operator/internal/plugin/status"
	"github.com/clerk-operator/clerk-operator/internal/plugin/why"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

const long = `Shows what clerk-operator does with the users of a Clerk instance, and what it would do.

The plugin reads ClerkInstances, ClerkUsers and ClerkUserActions with the rights of your kubeconfig. It never writes to Clerk.

Exit codes: 0 the command is done; 1 it is done and found what its help names, such as a difference; 2 it failed.`

const examples = `  # What needs a human?
  kubectl clerk status --all-namespaces

  # Why is this user not Ready?
  kubectl clerk why ada-lovelace -n team-a

  # What would change at Clerk if these manifests were applied?
  kubectl clerk diff -f users/`

// Run runs the command with these arguments and returns the exit code.
func Run(ctx context.Context, e *cli.Environment, args []string) int {
	root := NewCommand(e) //nolint:contextcheck // completions get their context from cobra
	root.SetArgs(args)
	return e.Exit(root.ExecuteContext(ctx))
}

// NewCommand returns kubectl-clerk.
func NewCommand(e *cli.Environment) *cobra.Command {
	root := &cobra.Command{
		Use:     "kubectl-clerk",
		Short:   "See what clerk-operator does with users of Clerk",
		Long:    long,
		Example: examples,
		Version: version.Get().String(),
		// kubectl runs the plugin, so that the texts have its name as people type it.
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl clerk"},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.ErrOut)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	connection := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	e.Flags.AddFlags(connection)
	root.PersistentFlags().AddFlagSet(connection)
	e.CompleteConnection(root)
	shortenHelp(root, connection)
	root.PersistentFlags().BoolVar(&e.NoColor, "no-color", false, "print without colours; so does the variable NO_COLOR")
	root.AddCommand(commands(e)...)
	for _, cmd := range root.Commands() {
		cmd.Args = withUsage(cmd.Args)
	}
	explainCompletion(root)
	return root
}

// noArguments refuses an argument, which is a command that does not exist.
func noArguments(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, cmd := range root.Commands() {
		names = append(names, cmd.Name())
	}
	return fmt.Errorf("there is no command %q%s; see %s --help", args[0], cli.DidYouMean(cli.Suggest(args[0], names)), root.CommandPath())
}

// withUsage returns a check of arguments whose errors show how the command is called.
func withUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%w; usage: %s; see %s --help", err, cmd.UseLine(), cmd.CommandPath())
		}
		return nil
	}
}

// commands returns the subcommands.
func commands(e *cli.Environment) []*cobra.Command {
	return []*cobra.Command{
		action.NewCommand(e),
		diff.NewCommand(e),
		importer.NewCommand(e),
		orphans.NewCommand(e),
		reasons.NewCommand(e),
		status.NewCommand(e),
		why.NewCommand(e),
	}
}
