// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
)

// DefaultInstanceName is the name of the ClerkInstance that a ClerkUser without instanceRef refers to, if it exists in
// its namespace.
const DefaultInstanceName = "default"

// References maps ClerkUsers to ClerkInstances and back. Both directions are here so that they agree.
type References struct {
	// Reader reads ClerkInstances, and ClerkUsers by the index Instance.
	Reader client.Reader
	// Default is the ClerkInstance for ClerkUsers that name none and whose namespace has none named default; empty if
	// there is none.
	Default types.NamespacedName
}

// Names returns the ClerkInstances that spec refers to. The first that exists is used.
func (r References) Names(user *v1alpha1.ClerkUser) []types.NamespacedName {
	if ref := user.Spec.InstanceRef; ref != nil {
		return []types.NamespacedName{refersTo(user, ref)}
	}
	names := []types.NamespacedName{{Namespace: user.Namespace, Name: DefaultInstanceName}}
	if r.Default.Name != "" && r.Default != names[0] {
		names = append(names, r.Default)
	}
	return names
}

// RemovalNames returns the ClerkInstances through which the user of a ClerkUser can be removed: the one that it was
// bound or created through, then those that spec refers to. The first that exists is used.
func (r References) RemovalNames(user *v1alpha1.ClerkUser) []types.NamespacedName {
	names := r.Names(user)
	location := LocationOf(user)
	if location == nil {
		return names
	}
	first := types.NamespacedName{Namespace: location.Namespace, Name: location.Name}
	ordered := []types.NamespacedName{first}
	for _, name := range names {
		if name != first {
			ordered = append(ordered, name)
		}
	}
	return ordered
}

// LocationOf returns the instance of the user of a ClerkUser, or the instance where a creating call with unknown result
// may have created it; nil if none is recorded.
func LocationOf(user *v1alpha1.ClerkUser) *v1alpha1.BoundInstance {
	if user.Status.UserID != "" {
		return user.Status.Instance
	}
	if attempt := creation.Of(user); attempt != nil {
		return attempt.Instance
	}
	return nil
}

// Find returns the first of the ClerkInstances that exists, even if it is being deleted; nil if none exists.
func (r References) Find(ctx context.Context, names []types.NamespacedName) (*v1alpha1.ClerkInstance, error) {
	for _, name := range names {
		instance := &v1alpha1.ClerkInstance{}
		err := r.Reader.Get(ctx, name, instance)
		if err == nil {
			return instance, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("getting ClerkInstance %s: %w", name, err)
		}
	}
	return nil, nil
}

// Candidates returns the ClerkUsers that have a ClerkInstance among Names or RemovalNames. They belong to the cache and
// must not be changed. There may be all ClerkUsers of a cluster, so that they are not copied.
func (r References) Candidates(ctx context.Context, instance types.NamespacedName) ([]*v1alpha1.ClerkUser, error) {
	selections := [][]client.ListOption{{client.MatchingFields{Instance: instance.String()}}}
	implied := client.MatchingFields{Instance: ImpliedInstance}
	switch {
	case instance == r.Default:
		selections = append(selections, []client.ListOption{implied})
	case instance.Name == DefaultInstanceName:
		selections = append(selections, []client.ListOption{implied, client.InNamespace(instance.Namespace)})
	}
	var users []*v1alpha1.ClerkUser
	seen := map[types.NamespacedName]bool{}
	for _, selection := range selections {
		some := &v1alpha1.ClerkUserList{}
		if err := r.Reader.List(ctx, some, append(selection, client.UnsafeDisableDeepCopy)...); err != nil {
			return nil, fmt.Errorf("listing the ClerkUsers of instance %s: %w", instance, err)
		}
		for i := range some.Items {
			user := &some.Items[i]
			if name := client.ObjectKeyFromObject(user); !seen[name] {
				seen[name] = true
				users = append(users, user)
			}
		}
	}
	return users, nil
}

// Removable returns the ClerkUsers whose user is removed through a ClerkInstance: it is the first of their RemovalNames
// that exists.
func (r References) Removable(
	ctx context.Context, instance types.NamespacedName, candidates []*v1alpha1.ClerkUser,
) ([]*v1alpha1.ClerkUser, error) {
	exists := map[types.NamespacedName]bool{instance: true}
	var found []*v1alpha1.ClerkUser
	for _, user := range candidates {
		names := r.RemovalNames(user)
		at := slices.Index(names, instance)
		if at < 0 {
			continue
		}
		earlier, err := r.anyExists(ctx, names[:at], exists)
		if err != nil {
			return nil, err
		}
		if !earlier {
			found = append(found, user)
		}
	}
	return found, nil
}

// anyExists reports whether one of the ClerkInstances exists. It reads none that is in known.
func (r References) anyExists(ctx context.Context, names []types.NamespacedName, known map[types.NamespacedName]bool) (bool, error) {
	for _, name := range names {
		if _, asked := known[name]; !asked {
			instance, err := r.Find(ctx, []types.NamespacedName{name})
			if err != nil {
				return false, err
			}
			known[name] = instance != nil
		}
		if known[name] {
			return true, nil
		}
	}
	return false, nil
}

func refersTo(user *v1alpha1.ClerkUser, ref *v1alpha1.InstanceReference) types.NamespacedName {
	name := types.NamespacedName{Namespace: user.Namespace, Name: ref.Name}
	if ref.Namespace != nil {
		name.Namespace = *ref.Namespace
	}
	return name
}
