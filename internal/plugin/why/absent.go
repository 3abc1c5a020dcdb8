// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

const (
	// maxNames is how many objects of a namespace are looked at for a similar name.
	maxNames = 5000
	// maxNamespaces is how many namespaces are named that have an object of the name.
	maxNamespaces = 5
)

// absent returns the error for an object that does not exist. It suggests similar names and names other namespaces, as far as the
// caller may read them.
func (c *collector) absent(ctx context.Context, key client.ObjectKey, resource string) error {
	kind, _ := cli.ParseKind(resource)
	message := fmt.Sprintf("there is no %s %s in namespace %s", kind.Name, key.Name, key.Namespace)
	if owner := c.ownerOf(ctx, kind, key); owner != nil {
		return fmt.Errorf("%s; this is the user of ClerkUser %s in namespace %s, see: kubectl clerk why %s -n %s",
			message, owner.GetName(), owner.GetNamespace(), owner.GetName(), owner.GetNamespace())
	}
	if where := c.namespacesWith(ctx, kind, key.Name); len(where) > 0 {
		return fmt.Errorf("%s; there is one in namespace %s (use -n)", message, strings.Join(where, ", "))
	}
	return fmt.Errorf("%s%s", message, cli.DidYouMean(cli.Suggest(key.Name, c.namesIn(ctx, kind, key.Namespace))))
}

// ownerOf returns the ClerkUser whose user has the name as its id at Clerk, such as user_2a. Objects have no underscore in their names.
func (c *collector) ownerOf(ctx context.Context, kind cli.Kind, key client.ObjectKey) client.Object {
	if kind.Name != reasons.KindUser || !strings.HasPrefix(key.Name, "user_") {
		return nil
	}
	id := client.MatchingFields{"status.userID": key.Name}
	for _, namespace := range []string{key.Namespace, metav1.NamespaceAll} {
		if owners := c.list(ctx, kind, id, client.InNamespace(namespace), client.Limit(1)); len(owners) > 0 {
			return &owners[0]
		}
	}
	return nil
}

// namespacesWith returns the namespaces that have an object of a name; none if the caller may not know.
func (c *collector) namespacesWith(ctx context.Context, kind cli.Kind, name string) []string {
	var where []string
	for _, one := range c.list(ctx, kind, client.MatchingFields{"metadata.name": name}, client.Limit(maxNamespaces)) {
		where = append(where, one.GetNamespace())
	}
	return where
}

func (c *collector) namesIn(ctx context.Context, kind cli.Kind, namespace string) []string {
	var names []string
	for _, one := range c.list(ctx, kind, client.InNamespace(namespace), client.Limit(maxNames)) {
		names = append(names, one.GetName())
	}
	return names
}

func (c *collector) list(ctx context.Context, kind cli.Kind, options ...client.ListOption) []unstructured.Unstructured {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind.Name + "List"))
	if err := c.reader.List(ctx, list, options...); err != nil {
		return nil
	}
	return list.Items
}
