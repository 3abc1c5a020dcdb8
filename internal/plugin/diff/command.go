// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package diff is "kubectl clerk diff": what applying manifests would change at Clerk.
//
//	manifests ──> dry run by the API server ──> internal/preview, which runs the operator's reconciler on copies ──> Report ──> text
package diff

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

const long = `Shows what applying manifests would change at Clerk: the calls that the operator would make, in order, with each field.

The API server runs the manifests first, without storing them, so that its refusals show: fields that do not exist, values that the
schema forbids, admission policies. Then the operator's own code plans the calls from these objects and from the users as they are at
Clerk now. Nothing is written, neither to the cluster nor to Clerk.

What would not happen shows too: fields that the operator would withhold, users that it may not adopt, deletions that the deletion
brake would delay. Users that would not change are only counted. The command cannot tell what
Clerk refuses by the settings of the instance, such as a password that is too short or an attribute that is turned off.

Values of metadata are shown, since they are in the manifests; values from Secrets never are. The operator reads a changed Secret or ConfigMap within the drift.fullInterval of the ClerkInstance, or at once
if it was started with --watch-secrets.

By default, the manifests are applied as by kubectl apply: fields that left the manifest since the last apply leave the object. Add
--server-side, --field-manager and --force-conflicts if your tool uses server-side apply.

Objects of other kinds are ignored, except Secrets and ConfigMaps that ClerkUsers or ClerkInstances name, and Namespaces. With
--selector, Secrets and ConfigMaps need the labels too, as for kubectl apply.

The dry run needs the rights that apply needs. The users at Clerk are read with the secret key of the ClerkInstance if you may read
that Secret, or else with the key in the variable CLERK_SECRET_KEY.

Exit codes: 0 nothing would change; 1 something would change, or a user would not be as declared; 2 the command failed, or the API
server refuses an object.`

const examples = `  # What would change if this directory was applied?
  kubectl clerk diff -f users/

  # The same for a kustomization
  kubectl clerk diff -k overlays/production

  # And for a chart
  helm template users ./chart | kubectl clerk diff -f -

  # With what kubectl apply --prune, or a GitOps tool that prunes, would delete
  kubectl clerk diff -f users/ --prune -l team=a

  # As Argo CD applies it with ServerSideApply=true
  kubectl clerk diff -f users/ --server-side --field-manager argocd-controller --force-conflicts

  # In a pipeline: the calls as JSON
  kubectl clerk diff -f users/ -o json | jq '.objects[].calls[]?'`

// runFunc is preview.Run.
type runFunc func(ctx context.Context, config preview.Config, input preview.Input) (preview.Result, error)

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command { return newCommand(e, preview.Run) }

func newCommand(e *cli.Environment, run runFunc) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "diff (-f FILE | -k DIRECTORY) [flags]",
		Short:                 "Show what applying manifests would change at Clerk",
		Long:                  long,
		Example:               examples,
		Args:                  cobra.NoArgs,
		ValidArgsFunction:     cobra.NoFileCompletions,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
			}
			return comparison{environment: e, options: o, run: run}.write(cmd.Context())
		},
	}
	o.addFlags(cmd)
	completeFlags(e, cmd)
	return cmd
}
