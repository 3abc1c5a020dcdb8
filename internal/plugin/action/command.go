// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package action is the command "kubectl clerk action": it creates a ClerkUserAction and waits for its end.
package action

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

const long = `Creates a ClerkUserAction, which runs an action once on the user of a ClerkUser, and waits for its end.

Name exactly one action with its flag. The operator runs it at Clerk; this command only creates the object, and asks nothing. The
actions that remove something cannot be undone: --disable-mfa, --remove-password, --revoke-trusted-device and all --delete-… flags.
--create-totp replaces the authenticator secret of the user. --verify-totp-from uses up a backup code.

policy.actions of the ClerkInstance says which actions are allowed. By default, the actions that reveal or create a secret are not:
--verify-password-from, --verify-totp-from, --create-totp and --get-oauth-access-token. Their values are in Secrets, never on the
command line or in the output.

Exit codes: 0 the action is complete; 1 it failed, or the password or code is not the user's; 2 it was not created, or it has not
finished within --timeout. After Ctrl-C or --timeout the action goes on.

You need the right to create ClerkUserActions, and for --wait to get and watch them.`

const example = `  # Somebody lost the phone: remove all second factors
  kubectl clerk action ada-lovelace --disable-mfa -n team-a

  # Is this the password of the user? The Secret has it in its entry password.
  kubectl clerk action ci-robot --verify-password-from guess/password

  # Disconnect an account, and remove the record of it a day later
  kubectl clerk action ada-lovelace --delete-external-account oauth_google --ttl 24h

  # Store the token for a provider in a Secret
  kubectl clerk action ada-lovelace --get-oauth-access-token oauth_google --into ada-google-token

  # The manifest, for a tool
  kubectl clerk action ada-lovelace --disable-mfa --dry-run=client -o yaml`

// NewCommand returns the command.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:               "action USER --ACTION",
		Short:             "Run an action on a user once, such as removing all second factors",
		Long:              long,
		Example:           example,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: e.CompleteName(func() client.ObjectList { return &v1alpha1.ClerkUserList{} }),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args[0]) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) run(ctx context.Context, e *cli.Environment, user string) error {
	namespace, err := e.Namespace()
	if err != nil {
		return err
	}
	object, err := o.action(namespace, user)
	if err != nil {
		return err
	}
	out := printer{e.Out, o.output}
	switch o.dryRun {
	case dryRunClient:
		return out.created(object, " (dry run)")
	case dryRunServer, dryRunNone:
	default:
		return fmt.Errorf("--dry-run: want none, client or server, not %q", o.dryRun)
	}
	if err := o.create(ctx, e, object); err != nil {
		return err
	}
	switch {
	case o.dryRun == dryRunServer:
		return out.created(object, " (server dry run)")
	case !o.wait:
		return out.created(object, "")
	case !o.output.Structured():
		if err := out.created(object, ""); err != nil {
			return err
		}
	}
	return o.await(ctx, e, object, out)
}

// create checks what is cheap to know, and creates the object, or asks the API server whether it would.
func (o *options) create(ctx context.Context, e *cli.Environment, object *v1alpha1.ClerkUserAction) error {
	reader, err := e.Reader()
	if err != nil {
		return err
	}
	if err := (check{reader}).run(ctx, object); err != nil {
		return err
	}
	creator, err := e.Creator()
	if o.dryRun == dryRunServer {
		creator, err = e.DryRunner()
	}
	if err != nil {
		return err
	}
	kind := object.TypeMeta
	err = creator.Create(ctx, object, client.FieldOwner("kubectl-clerk"))
	// The client clears it.
	object.TypeMeta = kind
	return cli.Explain(err, cli.Request{Verb: "create", Resource: "clerkuseractions", Namespace: object.Namespace})
}

// await waits for the end of the action and prints the result.
func (o *options) await(ctx context.Context, e *cli.Environment, object *v1alpha1.ClerkUserAction, out printer) error {
	watcher, err := e.Watcher()
	if err != nil {
		return err
	}
	waiting := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	progress := e.Progress("waiting for " + object.Name)
	err = wait{watcher}.run(waiting, object)
	progress.Done()
	if err != nil && waiting.Err() != nil {
		err = waiting.Err()
	}
	if err != nil {
		return unfinished(ctx, object, err, o.timeout)
	}
	return out.ended(object)
}
