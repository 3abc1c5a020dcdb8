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
	// Instance finds ClerkUsers by the ClerkInstance that they are bound through and by the one that they refer to, as
	// namespace/name. One whose reference is omitted is found under ImpliedInstance.
	Instance = "clerk-operator.io/instance"
	// UserID finds ClerkUsers by the id of the user that they are bound to.
	UserID = "clerk-operator.io/user-id"
	// Unbound finds the ClerkUsers of a namespace that have no user yet, under the value "true".
	Unbound = "clerk-operator.io/unbound"
	// ImpliedInstance is the value of Instance for a ClerkUser that names none.
	ImpliedInstance = "implied"
)

// Register adds the indexes to a cache.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for field, extract := range map[string]func(*v1alpha1.ClerkUser) []string{
		Instance: instancesOf,
		UserID:   userIDOf,
		Unbound:  unbound,
	} {
		values := func(o client.Object) []string {
			user, ok := o.(*v1alpha1.ClerkUser)
			if !ok {
				return nil
			}
			return extract(user)
		}
		if err := indexer.IndexField(ctx, &v1alpha1.ClerkUser{}, field, values); err != nil {
			return fmt.Errorf("adding index %s: %w", field, err)
		}
	}
	return nil
}

// instancesOf returns where a user was bound and where its reference leads, which may be elsewhere.
func instancesOf(user *v1alpha1.ClerkUser) []string {
	refers := ImpliedInstance
	if ref := user.Spec.InstanceRef; ref != nil {
		namespace := user.Namespace
		if ref.Namespace != nil {
			namespace = *ref.Namespace
		}
		refers = types.NamespacedName{Namespace: namespace, Name: ref.Name}.String()
	}
	bound := user.Status.Instance
	if bound == nil {
		return []string{refers}
	}
	at := types.NamespacedName{Namespace: bound.Namespace, Name: bound.Name}.String()
	if at == refers {
		return []string{at}
	}
	return []string{at, refers}
}

func userIDOf(user *v1alpha1.ClerkUser) []string {
	if user.Status.UserID == "" {
		return nil
	}
	return []string{user.Status.UserID}
}

func unbound(user *v1alpha1.ClerkUser) []string {
	if user.Status.UserID == "" {
		return []string{"true"}
	}
	return nil
}
