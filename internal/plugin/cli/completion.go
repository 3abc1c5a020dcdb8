// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// CompleteName completes the first argument of a command with the names of the objects of a kind in the namespace.
func (e *Environment) CompleteName(list func() client.ObjectList) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		reader, err := e.Reader()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		namespace, err := e.Namespace()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		found := list()
		if err := reader.List(cmd.Context(), found, client.InNamespace(namespace)); err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return namesIn(found, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteNamespace completes the value of a flag with the namespaces of the cluster.
func (e *Environment) CompleteNamespace(
	cmd *cobra.Command, _ []string, typed string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	reader, err := e.Reader()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	found := &metav1.PartialObjectMetadataList{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	if err := reader.List(cmd.Context(), found); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return namesIn(found, typed), cobra.ShellCompDirectiveNoFileComp
}

// CompleteConnection completes the values of kubectl's connection flags.
func (e *Environment) CompleteConnection(root *cobra.Command) {
	names := func(of func(api.Config) []string) cobra.CompletionFunc {
		return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			config, err := e.Flags.ToRawKubeConfigLoader().RawConfig()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			found := slices.DeleteFunc(of(config), func(name string) bool { return !strings.HasPrefix(name, typed) })
			return found, cobra.ShellCompDirectiveNoFileComp
		}
	}
	for flag, complete := range map[string]cobra.CompletionFunc{
		"namespace": e.CompleteNamespace,
		"context":   names(func(c api.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }),
		"cluster":   names(func(c api.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }),
		"user":      names(func(c api.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }),
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete)
	}
}

// namesIn returns the names of the objects in a list that begin with a text.
func namesIn(list client.ObjectList, prefix string) []cobra.Completion {
	var names []cobra.Completion
	_ = meta.EachListItem(list, func(item runtime.Object) error {
		if object, err := meta.Accessor(item); err == nil && strings.HasPrefix(object.GetName(), prefix) {
			names = append(names, object.GetName())
		}
		return nil
	})
	return names
}
