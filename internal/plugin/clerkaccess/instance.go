// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// defaultInstance is the name of the ClerkInstance that a ClerkUser without instanceRef uses.
const defaultInstance = "default"

// FindInstance returns the ClerkInstance that an argument names, as name or as namespace/name. "" means the one named default in the
// namespace of --namespace, or else the only one there.
func FindInstance(ctx context.Context, e *cli.Environment, argument string) (*v1alpha1.ClerkInstance, error) {
	reader, err := e.Reader()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	return findInstance(ctx, reader, namespace, argument)
}

func findInstance(ctx context.Context, reader client.Reader, namespace, argument string) (*v1alpha1.ClerkInstance, error) {
	if argument == "" {
		return onlyInstance(ctx, reader, namespace)
	}
	name, err := cli.InstanceName(namespace, argument)
	if err != nil {
		return nil, err
	}
	instance := &v1alpha1.ClerkInstance{}
	if err := reader.Get(ctx, name, instance); err != nil {
		return nil, cli.ExplainInstance(err, name)
	}
	return instance, nil
}

// onlyInstance returns the ClerkInstance named default, or else the only one.
func onlyInstance(ctx context.Context, reader client.Reader, namespace string) (*v1alpha1.ClerkInstance, error) {
	found := &v1alpha1.ClerkInstanceList{}
	if err := reader.List(ctx, found, client.InNamespace(namespace)); err != nil {
		return nil, cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances", Namespace: namespace})
	}
	at := slices.IndexFunc(found.Items, func(i v1alpha1.ClerkInstance) bool { return i.Name == defaultInstance })
	switch {
	case at >= 0:
		return &found.Items[at], nil
	case len(found.Items) == 1:
		return &found.Items[0], nil
	case len(found.Items) == 0:
		return nil, fmt.Errorf("there is no ClerkInstance in namespace %s; name one as namespace/name (kubectl get clerkinstances -A)", namespace)
	default:
		return nil, fmt.Errorf("namespace %s has %d ClerkInstances and none is named %s; name one of them (kubectl get clerkinstances -n %s)",
			namespace, len(found.Items), defaultInstance, namespace)
	}
}
