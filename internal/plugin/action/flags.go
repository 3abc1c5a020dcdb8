// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// Values of --dry-run.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// maxTTL is the largest ttlSecondsAfterFinished.
const maxTTL = 365 * 24 * time.Hour

// options are the flags.
type options struct {
	// values are those of the flags for types of actions, by type: "true" for one without a value.
	values     map[v1alpha1.ActionType]*string
	parameters parameters
	ttl        time.Duration
	wait       bool
	timeout    time.Duration
	dryRun     string
	output     cli.Output
}

// addFlags adds all flags.
func (o *options) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	o.values = map[v1alpha1.ActionType]*string{}
	var names []string
	for _, k := range kinds() {
		value := new(string)
		o.values[k.actionType] = value
		flags.Var(&actionFlag{value, k.value}, k.flag, k.usage)
		if k.value == "" {
			flags.Lookup(k.flag).NoOptDefVal = "true"
		}
		names = append(names, k.flag)
		_ = cmd.RegisterFlagCompletionFunc(k.flag, cobra.NoFileCompletions)
	}
	cmd.MarkFlagsMutuallyExclusive(names...)
	flags.StringVar(&o.parameters.into, flagInto, "", "the `SECRET` that the operator writes the result to; it must not exist, and it is deleted with the action")
	flags.BoolVar(&o.parameters.signOutOfOtherSessions, flagSignOut, false, "with --remove-password: end the sessions of the user")
	flags.BoolVar(&o.parameters.revokeSessions, flagRevokeSessions, false, "with --set-password-compromised: end the sessions of the user at once")
	flags.DurationVar(&o.ttl, "ttl", 0, "delete the finished ClerkUserAction after this time; by default, it stays")
	flags.BoolVar(&o.wait, "wait", true, "wait for the end of the action, and print the result")
	flags.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long to wait; 0 is without a limit")
	flags.StringVar(&o.dryRun, "dry-run", dryRunNone, "none; client: print the object that would be created; server: also have the API server check it")
	flags.Lookup("dry-run").NoOptDefVal = dryRunClient
	for _, name := range []string{flagInto, "ttl", "timeout"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	_ = cmd.RegisterFlagCompletionFunc("dry-run",
		cobra.FixedCompletions([]cobra.Completion{dryRunNone, dryRunClient, dryRunServer}, cobra.ShellCompDirectiveNoFileComp))
	o.output.AddFlag(cmd)
}

// actionFlag is the flag of a type of action. A second value is an error, since one call creates one action.
type actionFlag struct {
	value *string
	// placeholder is "" for a flag without a value.
	placeholder string
}

// String returns the default.
func (f *actionFlag) String() string { return "" }

// Type returns what stands for the value in the help.
func (f *actionFlag) Type() string {
	if f.placeholder == "" {
		return "bool"
	}
	return f.placeholder
}

// Set takes over a value.
func (f *actionFlag) Set(text string) error {
	switch {
	case f.placeholder == "" && text != "true":
		return errors.New("the flag has no value")
	case text == "":
		return fmt.Errorf("want %s", f.placeholder)
	case *f.value != "":
		return errors.New("one call creates one action; call the command again for another")
	}
	*f.value = text
	return nil
}

// action returns the object to be created for a ClerkUser.
func (o *options) action(namespace, user string) (*v1alpha1.ClerkUserAction, error) {
	k, err := o.kind()
	if err != nil {
		return nil, err
	}
	if err := o.checkParameters(k); err != nil {
		return nil, err
	}
	object := &v1alpha1.ClerkUserAction{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClerkUserAction"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: user + "-" + k.flag + "-"},
		Spec:       v1alpha1.ClerkUserActionSpec{UserRef: v1alpha1.UserReference{Name: user}},
	}
	switch {
	case o.ttl < 0 || o.ttl > maxTTL || o.ttl%time.Second != 0:
		return nil, fmt.Errorf("--ttl: want whole seconds, and at most a year (8760h), not %s", o.ttl)
	case o.ttl > 0:
		object.Spec.TTLSecondsAfterFinished = ptr.To(int32(o.ttl / time.Second))
	}
	if err := k.set(&object.Spec, *o.values[k.actionType], &o.parameters); err != nil {
		return nil, fmt.Errorf("--%s: %w", k.flag, err)
	}
	return object, nil
}

// kind returns the type whose flag is set.
func (o *options) kind() (kind, error) {
	var names []string
	for _, k := range kinds() {
		if *o.values[k.actionType] != "" {
			return k, nil
		}
		names = append(names, "--"+k.flag)
	}
	return kind{}, fmt.Errorf("name the action with one of: %s", strings.Join(names, ", "))
}

// checkParameters checks that the action takes the parameters that are given, and has those that it needs.
func (o *options) checkParameters(k kind) error {
	given := map[string]bool{
		flagInto: o.parameters.into != "", flagSignOut: o.parameters.signOutOfOtherSessions, flagRevokeSessions: o.parameters.revokeSessions,
	}
	for _, name := range []string{flagInto, flagSignOut, flagRevokeSessions} {
		switch {
		case given[name] && !slices.Contains(k.takes, name):
			return fmt.Errorf("--%s takes no --%s", k.flag, name)
		case !given[name] && slices.Contains(k.needs, name):
			return fmt.Errorf("--%s needs --%s", k.flag, name)
		}
	}
	return nil
}
