// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// defaultOperatorNamespace is the namespace of the operator in config/default and in the documentation.
const defaultOperatorNamespace = "clerk-operator-system"

// options are the flags of the command.
type options struct {
	filenames     []string
	kustomization string
	recursive     bool

	selector string
	prune    bool
	all      bool

	serverSide     bool
	fieldManager   string
	forceConflicts bool

	clusterID         string
	defaultInstance   string
	operatorNamespace string

	clerk  clerkaccess.Flags
	output cli.Output
}

func (o *options) addFlags(cmd *cobra.Command) {
	files := genericclioptions.FileNameFlags{
		Usage:     "files, directories or URLs with the manifests; - is standard input",
		Filenames: &o.filenames, Kustomize: &o.kustomization, Recursive: &o.recursive,
	}
	flags := cmd.Flags()
	files.AddFlags(flags)
	flags.StringVarP(&o.selector, "selector", "l", "", "use only manifests with these labels, such as team=a")
	flags.BoolVar(&o.prune, "prune", false,
		"show also the deletion of ClerkUsers and ClerkInstances in the namespaces of the manifests that match --selector and are not among them")
	flags.BoolVar(&o.all, "all", false, "with --prune, match all objects")
	flags.BoolVar(&o.serverSide, "server-side", false, "show what server-side apply would change, instead of kubectl apply without this flag")
	flags.StringVar(&o.fieldManager, "field-manager", "",
		"with --server-side, the field manager that applies: kubectl, argocd-controller for Argo CD, kustomize-controller for Flux (default kubectl)")
	flags.BoolVar(&o.forceConflicts, "force-conflicts", false, "with --server-side, take fields from other field managers, as Argo CD and Flux do")
	flags.StringVar(&o.clusterID, "cluster-id", "", "the operator's --cluster-id (default: status.clusterID of a ClerkInstance, or else the uid of namespace kube-system)")
	flags.StringVar(&o.defaultInstance, "default-instance", "", "the operator's --default-instance, as namespace/name")
	flags.StringVar(&o.operatorNamespace, "operator-namespace", defaultOperatorNamespace, "namespace of the operator's Secret")
	o.clerk.AddFlags(cmd)
	o.output.AddFlag(cmd)
}

// completeFlags adds what a shell completes. It completes names of files by itself.
func completeFlags(e *cli.Environment, cmd *cobra.Command) {
	_ = cmd.MarkFlagDirname("kustomize")
	_ = cmd.RegisterFlagCompletionFunc("field-manager",
		cobra.FixedCompletions([]string{serverSideManager, "argocd-controller", "kustomize-controller"}, cobra.ShellCompDirectiveNoFileComp))
	for _, name := range []string{"selector", "cluster-id", "default-instance"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	_ = cmd.RegisterFlagCompletionFunc("operator-namespace", e.CompleteNamespace)
}

// check returns what is wrong with the flags.
func (o *options) check() error {
	switch {
	case len(o.filenames) == 0 && o.kustomization == "":
		return errors.New("no manifests; name them with -f FILE, -f - or -k DIRECTORY")
	case o.kustomization != "" && (len(o.filenames) > 0 || o.recursive):
		return errors.New("-k cannot be used with -f or -R")
	case slices.Index(o.filenames, standardInput) != lastIndex(o.filenames, standardInput):
		return errors.New("-f - can be given once")
	case o.prune && o.selector == "" && !o.all:
		return errors.New("--prune needs --selector, which says what may be deleted, or --all")
	case o.all && !o.prune:
		return errors.New("--all is for --prune")
	case o.all && o.selector != "":
		return errors.New("--all cannot be used with --selector")
	case !o.serverSide && (o.forceConflicts || o.fieldManager != ""):
		return errors.New("--force-conflicts and --field-manager are for --server-side")
	}
	_, err := o.instance()
	return err
}

func lastIndex(texts []string, text string) int {
	for i, t := range slices.Backward(texts) {
		if t == text {
			return i
		}
	}
	return -1
}

// applyKind returns the kind of apply.
func (o *options) applyKind() applyKind {
	switch {
	case !o.serverSide:
		return applyKind{manager: clientSideManager}
	case o.fieldManager == "":
		return applyKind{serverSide: true, force: o.forceConflicts, manager: serverSideManager}
	}
	return applyKind{serverSide: true, force: o.forceConflicts, manager: o.fieldManager}
}

// labels returns the selector of --prune.
func (o *options) labels() (labels.Selector, error) {
	selector, err := labels.Parse(o.selector)
	if err != nil {
		return nil, fmt.Errorf("--selector: %w", err)
	}
	return selector, nil
}

// instance returns the value of --default-instance; empty for none.
func (o *options) instance() (types.NamespacedName, error) {
	if o.defaultInstance == "" {
		return types.NamespacedName{}, nil
	}
	namespace, name, found := strings.Cut(o.defaultInstance, "/")
	if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("--default-instance: want namespace/name, not %q", o.defaultInstance)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}
