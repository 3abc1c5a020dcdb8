// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// pruned returns the ClerkUsers and ClerkInstances of the namespaces that match the selector, are not among the manifests, and are
// not being deleted already. --prune deletes them.
func pruned(ctx context.Context, cluster client.Reader, namespaces []string, selector labels.Selector, declared []manifest) ([]client.Object, error) {
	kept := map[id]bool{}
	for _, one := range declared {
		kept[one.id()] = true
	}
	var found []client.Object
	add := func(kind string, object client.Object) {
		group := v1alpha1.GroupVersion.WithKind(kind).GroupKind()
		if object.GetDeletionTimestamp() == nil && !kept[id{group, object.GetNamespace(), object.GetName()}] {
			found = append(found, object)
		}
	}
	for _, namespace := range namespaces {
		options := []client.ListOption{client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector}}
		users := &v1alpha1.ClerkUserList{}
		if err := cluster.List(ctx, users, options...); err != nil {
			return nil, cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkusers", Namespace: namespace})
		}
		for i := range users.Items {
			add(userKind, &users.Items[i])
		}
		instances := &v1alpha1.ClerkInstanceList{}
		if err := cluster.List(ctx, instances, options...); err != nil {
			return nil, cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances", Namespace: namespace})
		}
		for i := range instances.Items {
			add(instanceKind, &instances.Items[i])
		}
	}
	return found, nil
}
