// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package reasons is the command "kubectl clerk reasons": what the reasons in conditions mean, and what to do.
package reasons

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	table "github.com/clerk-operator/clerk-operator/internal/reasons"
)

const long = `Explains the reasons that the conditions of ClerkUsers, ClerkInstances and ClerkUserActions have.

Without an argument it lists all reasons. With a reason it shows the messages of that reason, when the operator tries again, and
what to do. It needs no cluster: the table is the one of the plugin's version.

The urgency says who has to do something: none, wait (passes by itself), check (passes if its cause does), act (stays until
somebody changes something), now (as act, and all users of the ClerkInstance wait for it).`

const example = `  # List all reasons of ClerkUsers
  kubectl clerk reasons --kind clerkuser

  # Explain one reason
  kubectl clerk reasons RejectedByClerk

  # The reasons that need somebody, for a program
  kubectl clerk reasons -o json | jq -r '.[] | select(.urgency == "act" or .urgency == "now") | .kind + " " + .reason'`

// options are the flags.
type options struct {
	kind   string
	output cli.Output
}

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "reasons [REASON]",
		Short:   "Explain the reasons in conditions",
		Long:    long,
		Example: example,
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(e, args) },
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return o.completions(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&o.kind, "kind", "", "only reasons of this kind: clerkuser, clerkinstance, clerkuseraction")
	kinds := []cobra.Completion{"clerkuser", "clerkinstance", "clerkuseraction"}
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
	o.output.AddFlag(cmd, cli.OutputWide)
	return cmd
}

// completions are the reasons, each with its meaning.
func (o *options) completions() []cobra.Completion {
	entries, err := o.ofKind()
	if err != nil {
		return nil
	}
	var found []cobra.Completion
	seen := map[string]bool{}
	for _, e := range entries {
		if !seen[e.Reason] {
			found = append(found, cobra.CompletionWithDesc(e.Reason, e.Meaning))
		}
		seen[e.Reason] = true
	}
	return found
}

func (o *options) run(e *cli.Environment, args []string) error {
	entries, err := o.ofKind()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		entries, err = named(entries, args[0])
	}
	switch {
	case err != nil:
		return err
	case o.output.Structured():
		return o.output.Print(e.Out, entries)
	case len(args) > 0:
		var text bytes.Buffer
		render(&text, e.Colors(), entries)
		return cli.Write(e.Out, text.Bytes())
	default:
		return list(entries).Print(e.Out, o.output == cli.OutputWide)
	}
}

// ofKind returns the entries of the kind of --kind, without Markdown.
func (o *options) ofKind() ([]table.Entry, error) {
	var kind cli.Kind
	if o.kind != "" {
		var err error
		if kind, err = cli.ParseKind(o.kind); err != nil {
			return nil, fmt.Errorf("--kind: %w", err)
		}
	}
	var entries []table.Entry
	for _, entry := range table.All() {
		if o.kind == "" || entry.Kind == kind.Name {
			entries = append(entries, entry.Plain())
		}
	}
	return entries, nil
}

// named returns the entries of a reason, in whatever case it is written.
func named(entries []table.Entry, reason string) ([]table.Entry, error) {
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Reason)
	}
	found := slices.DeleteFunc(entries, func(e table.Entry) bool { return !strings.EqualFold(e.Reason, reason) })
	if len(found) > 0 {
		return found, nil
	}
	slices.Sort(names)
	return nil, fmt.Errorf("there is no reason %q%s (kubectl clerk reasons lists all; an operator of another version can have others)",
		reason, cli.DidYouMean(cli.Suggest(reason, slices.Compact(names))))
}
