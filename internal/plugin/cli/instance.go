// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// InstanceName returns the ClerkInstance that an argument names, as name or as namespace/name.
func InstanceName(namespace, argument string) (types.NamespacedName, error) {
	name := types.NamespacedName{Namespace: namespace, Name: argument}
	if before, after, found := strings.Cut(argument, "/"); found {
		name = types.NamespacedName{Namespace: before, Name: after}
	}
	if name.Namespace == "" || name.Name == "" || strings.Contains(name.Name, "/") {
		return name, fmt.Errorf("%q is not the name of a ClerkInstance; want name or namespace/name", argument)
	}
	return name, nil
}

// ExplainInstance returns an error that names the remedy where a ClerkInstance could not be read. It is nil for nil.
func ExplainInstance(err error, name types.NamespacedName) error {
	if IsAbsent(err) {
		return fmt.Errorf("there is no ClerkInstance %s in namespace %s; kubectl get clerkinstances -A lists all of them", name.Name, name.Namespace)
	}
	return Explain(err, Request{Verb: "get", Resource: "clerkinstances", Namespace: name.Namespace, Name: name.Name})
}
