// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package index defines the cache indexes by which the controllers find ClerkUsers and ClerkUserActions.
package index

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

const (
	// Instance finds ClerkUsers by ClerkInstance, as namespace/name: the one that they are bound through, the one through
	// which their user may have been created, and the one that they refer to. A ClerkUser without reference is found under
	// ImpliedInstance.
	Instance = "clerk-operator.io/instance"
	// userIDBucket finds ClerkUsers by the bucket of the id of the user that they are bound to; see BoundTo.
	userIDBucket = "clerk-operator.io/user-id-bucket"
	// Unbound finds the ClerkUsers of a namespace that have no user yet, under the value "true".
	Unbound = "clerk-operator.io/unbound"
	// Deleted finds the ClerkUsers that are being deleted, under the value "true".
	Deleted = "clerk-operator.io/deleted"
	// Named finds the ClerkUsers that have no user yet by the id of the user that they adopt.
	Named = "clerk-operator.io/named"
	// Source finds ClerkUsers by the Secrets and ConfigMaps that they name, as Secret/namespace/name.
	Source = "clerk-operator.io/source"
	// ImpliedInstance is the value of Instance for a ClerkUser without reference.
	ImpliedInstance = "implied"
)

// Register adds the indexes of ClerkUsers to a cache.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	return register(ctx, indexer, &v1alpha1.ClerkUser{}, map[string]func(*v1alpha1.ClerkUser) []string{
		Instance:     instancesOf,
		userIDBucket: userIDBucketOf,
		Unbound:      unbound,
		Deleted:      deleted,
		Named:        named,
		Source:       SourcesOf,
	})
}

// register adds indexes of one kind to a cache. They have no values for other kinds.
func register[T client.Object](ctx context.Context, indexer client.FieldIndexer, kind T, fields map[string]func(T) []string) error {
	for field, extract := range fields {
		values := func(o client.Object) []string {
			object, ok := o.(T)
			if !ok {
				return nil
			}
			return extract(object)
		}
		if err := indexer.IndexField(ctx, kind, field, values); err != nil {
			return fmt.Errorf("adding index %s: %w", field, err)
		}
	}
	return nil
}

// instancesOf returns the instance through which a user was bound or may have been created, and the instance that spec
// refers to, which may differ.
func instancesOf(user *v1alpha1.ClerkUser) []string {
	values := []string{ImpliedInstance}
	if ref := user.Spec.InstanceRef; ref != nil {
		values[0] = refersTo(user, ref).String()
	}
	for _, location := range []*v1alpha1.BoundInstance{LocationOf(user), user.Status.Instance} {
		if location != nil {
			values = append(values, types.NamespacedName{Namespace: location.Namespace, Name: location.Name}.String())
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// userIDBuckets is how many sets of objects the index by user id has. The cache keeps two sets for each value of an index; one
// value for each id takes 0.8 KiB of memory for each user.
const userIDBuckets = 1024

func userIDBucketOf(user *v1alpha1.ClerkUser) []string {
	if user.Status.UserID == "" {
		return nil
	}
	return []string{bucketOf(user.Status.UserID)}
}

func bucketOf(userID string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(userID))
	return strconv.Itoa(int(hash.Sum32() % userIDBuckets))
}

// BoundTo returns the ClerkUsers that are bound to a user, by their status. They are the cache's own and must not be changed.
func BoundTo(ctx context.Context, reader client.Reader, userID string) ([]v1alpha1.ClerkUser, error) {
	bucket := &v1alpha1.ClerkUserList{}
	err := reader.List(ctx, bucket, client.MatchingFields{userIDBucket: bucketOf(userID)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing ClerkUsers with user %s: %w", userID, err)
	}
	return slices.DeleteFunc(bucket.Items, func(user v1alpha1.ClerkUser) bool { return user.Status.UserID != userID }), nil
}

func unbound(user *v1alpha1.ClerkUser) []string {
	if user.Status.UserID == "" {
		return []string{"true"}
	}
	return nil
}

func deleted(user *v1alpha1.ClerkUser) []string {
	if user.DeletionTimestamp.IsZero() {
		return nil
	}
	return []string{"true"}
}

func named(user *v1alpha1.ClerkUser) []string {
	if id := user.Spec.UserID; id != nil && user.Status.UserID == "" {
		return []string{*id}
	}
	return nil
}

// SourceOf returns the value of Source for a Secret or ConfigMap.
func SourceOf(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

// SourcesOf returns the values of Source for the Secrets and ConfigMaps that are read for a user. Those of spec.initial
// count until there is a user. The result is sorted, and nil if there are none.
func SourcesOf(user *v1alpha1.ClerkUser) []string {
	return sourcesIn(user.Namespace, source.References(user))
}

func sourcesIn(namespace string, references []source.Reference) []string {
	var found []string
	for _, at := range references {
		found = append(found, SourceOf(at.Kind, namespace, at.Name))
	}
	slices.Sort(found)
	return slices.Compact(found)
}
