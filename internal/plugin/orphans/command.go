// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

const long = `Finds users at Clerk that have an owner mark of this cluster, but no ClerkUser: for example after a finalizer was removed by hand,
or after a cluster was restored from an older backup. Nobody manages such users, and nobody deletes them.

INSTANCE is a ClerkInstance as name or namespace/name. By default it is the one named default in the namespace, or the only one. The
command reads all users of the Clerk instance, 500 with one call, and the ClerkUsers of all namespaces. Without the right to list
those, it reads the namespaces that marks name, and leaves out what it may not read.

A user counts as an orphan if no ClerkUser has it or names it in spec.userID, and if the ClerkUser of its mark does not exist, or has
another user. Users that are being created, transferred or deleted do not count. A user that was deleted within the last minute can be
shown, since Clerk's lists may be late. Users that were banned because their deletionPolicy is Ban keep the mark and do not count;
--banned lists them instead.

With --adopt-manifests, the command prints ClerkUsers that bring the users back, with the namespaces and names that they had. By default
they have "mode: Observe", and applying them changes nothing at Clerk. To have the operator manage the users again, remove the mode, or
use --enforce. policy.adoption of the ClerkInstance must allow it.

The key for Clerk is that of the ClerkInstance if you may read its Secret, or else that in the variable CLERK_SECRET_KEY. Clerk is only
read.

Exit codes: 0 no orphan, or manifests printed; 1 orphans found; 2 failed.`

const examples = `  # Orphans of the ClerkInstance named default
  kubectl clerk orphans

  # Orphans of a ClerkInstance in another namespace, with their identifiers
  kubectl clerk orphans clerk-system/production -o wide

  # Bring them back, observed first
  kubectl clerk orphans clerk-system/production --adopt-manifests > back.yaml
  kubectl apply -f back.yaml

  # The ids of users that were banned by deletionPolicy: Ban
  kubectl clerk orphans --banned -o json | jq -r '.banned[].userID'`

// options are the flags of the command.
type options struct {
	access         clerkaccess.Flags
	output         cli.Output
	clusterID      string
	adoptManifests bool
	enforce        bool
	banned         bool
}

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:               "orphans [INSTANCE]",
		Short:             "Find users at Clerk whose ClerkUser is gone",
		Long:              long,
		Example:           examples,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: e.CompleteName(func() client.ObjectList { return &v1alpha1.ClerkInstanceList{} }),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), e, strings.Join(args, ""))
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.adoptManifests, "adopt-manifests", false, "print ClerkUsers that bring the users back, as a YAML stream")
	f.BoolVar(&o.enforce, "enforce", false, "with --adopt-manifests: print ClerkUsers that the operator enforces, instead of mode Observe")
	f.BoolVar(&o.banned, "banned", false, "list the users that were banned by deletionPolicy: Ban instead of orphans")
	f.StringVar(&o.clusterID, "cluster-id", "", "the operator's id of the cluster (default: status.clusterID of the ClerkInstance, or else the uid of namespace kube-system)")
	_ = cmd.RegisterFlagCompletionFunc("cluster-id", cobra.NoFileCompletions)
	o.output.AddFlag(cmd, cli.OutputWide)
	o.access.AddFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("adopt-manifests", "output")
	return cmd
}

func (o *options) run(ctx context.Context, e *cli.Environment, argument string) error {
	if o.enforce && !o.adoptManifests {
		return errors.New("--enforce goes with --adopt-manifests")
	}
	instance, err := clerkaccess.FindInstance(ctx, e, argument)
	if err != nil {
		return err
	}
	cluster, err := e.Reader()
	if err != nil {
		return err
	}
	clusterID, err := o.findClusterID(ctx, cluster, instance)
	if err != nil {
		return err
	}
	access, err := o.access.Open(ctx, e, instance)
	if err != nil {
		return err
	}
	progress := e.Progress("reading users at Clerk")
	s := search{
		cluster: cluster, users: atClerk{access.Reader}, instance: instance, clusterID: clusterID,
		progress: func(users int) { progress.Set(users, 0) },
	}
	report, have, err := s.run(ctx)
	progress.Done()
	if err != nil {
		return err
	}
	report.ClerkInstanceID = access.InstanceID
	if hint := wrongCluster(report); hint != "" {
		fmt.Fprintf(e.ErrOut, "kubectl clerk: %s\n", hint)
	}
	if o.adoptManifests {
		return o.printManifests(ctx, e, s, report, have)
	}
	return o.print(e, report)
}

// print writes the report, and ends the command with the exit code for orphans if there are any.
func (o *options) print(e *cli.Environment, r Report) error {
	if o.banned && !o.output.Structured() {
		if len(r.Banned) == 0 {
			fmt.Fprintln(e.ErrOut, "No user was banned by deletionPolicy: Ban.")
			return nil
		}
		return table(r.Banned).Print(e.Out, o.output == cli.OutputWide)
	}
	var err error
	if o.output.Structured() {
		err = o.output.Print(e.Out, r)
	} else {
		err = render(e.Out, r, o.output == cli.OutputWide, e.SameCluster)
	}
	if err == nil && len(r.Orphans) > 0 && !o.banned {
		return &cli.FoundError{}
	}
	return err
}

// printManifests writes manifests on standard output, and what stands in their way on standard error.
func (o *options) printManifests(ctx context.Context, e *cli.Environment, s search, r Report, have *objects) error {
	back := r.Orphans
	if o.banned {
		back = r.Banned
	}
	obstacles := obstaclesOf(ctx, s.cluster, s.instance, back)
	m := manifests{instance: s.instance, enforce: o.enforce, reserved: have.byName, given: map[types.NamespacedName]bool{}}
	if err := m.write(e.Out, back, obstacles); err != nil {
		return err
	}
	fmt.Fprintf(e.ErrOut, "kubectl clerk: printed %s\n", number(len(back), "ClerkUser"))
	said := map[string]bool{}
	for _, why := range obstacles {
		if !said[why] {
			fmt.Fprintf(e.ErrOut, "kubectl clerk: the operator does not accept some of them as they are: %s\n", why)
			said[why] = true
		}
	}
	return nil
}

// findClusterID returns the id in the marks of this cluster.
func (o *options) findClusterID(ctx context.Context, cluster client.Reader, instance *v1alpha1.ClerkInstance) (string, error) {
	if id := cmp.Or(o.clusterID, instance.Status.ClusterID); id != "" {
		return id, nil
	}
	return cli.DefaultClusterID(ctx, cluster)
}

// atClerk reads users at Clerk.
type atClerk struct{ reader clerkaccess.ListReader }

// Each calls visit with each page of users.
func (a atClerk) Each(ctx context.Context, visit func([]*clerk.User)) error {
	return clerkaccess.Walk{Reader: a.reader}.Each(ctx, nil, func(p clerkaccess.Page) (bool, error) {
		visit(p.Users)
		return true, nil
	})
}

// ByID returns those of some users that exist.
func (a atClerk) ByID(ctx context.Context, ids ...string) ([]*clerk.User, error) {
	return a.reader.UsersByID(ctx, ids...)
}
