// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package index names the ways in which the controllers look ClerkUsers up in the cache.
package index

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// Instance finds ClerkUsers by the ClerkInstance that they are bound through or refer to, as namespace/name. One
	// whose reference is omitted is found under ImpliedInstance.
	Instance = "clerk-operator.io/instance"
	// UserID finds ClerkUsers by the id of the user that they are bound to.
	UserID = "clerk-operator.io/user-id"
	// Unbound finds the ClerkUsers of a namespace that have no user yet, under the value "true".
	Unbound = "clerk-operator.io/unbound"
	// ImpliedInstance is the value of Instance for a ClerkUser that names none and is not bound.
	ImpliedInstance = "implied"
)

// Register adds the indexes to a cache.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for field, extract := range map[string]func(*v1alpha1.ClerkUser) string{
		Instance: instanceOf,
		UserID:   func(u *v1alpha1.ClerkUser) string { return u.Status.UserID },
		Unbound:  unbound,
	} {
		values := func(o client.Object) []string {
			user, ok := o.(*v1alpha1.ClerkUser)
			if !ok {
				return nil
			}
			if value := extract(user); value != "" {
				return []string{value}
			}
			return nil
		}
		if err := indexer.IndexField(ctx, &v1alpha1.ClerkUser{}, field, values); err != nil {
			return fmt.Errorf("adding index %s: %w", field, err)
		}
	}
	return nil
}

func instanceOf(user *v1alpha1.ClerkUser) string {
	if bound := user.Status.Instance; bound != nil {
		return types.NamespacedName{Namespace: bound.Namespace, Name: bound.Name}.String()
	}
	ref := user.Spec.InstanceRef
	if ref == nil {
		return ImpliedInstance
	}
	namespace := user.Namespace
	if ref.Namespace != nil {
		namespace = *ref.Namespace
	}
	return types.NamespacedName{Namespace: namespace, Name: ref.Name}.String()
}

func unbound(user *v1alpha1.ClerkUser) string {
	if user.Status.UserID == "" {
		return "true"
	}
	return ""
}
