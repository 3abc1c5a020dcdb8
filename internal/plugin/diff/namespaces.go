// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// absentNamespaces returns the Namespaces of the manifests that do not exist yet. One that the caller may not read counts as existing.
func absentNamespaces(ctx context.Context, cluster client.Reader, declared []*corev1.Namespace) (map[string]*corev1.Namespace, error) {
	absent := map[string]*corev1.Namespace{}
	for _, namespace := range declared {
		err := cluster.Get(ctx, client.ObjectKeyFromObject(namespace), &metav1.PartialObjectMetadata{TypeMeta: namespaceType()})
		switch {
		case apierrors.IsNotFound(err):
			absent[namespace.Name] = namespace
		case err != nil && !apierrors.IsForbidden(err):
			return nil, cli.Explain(err, cli.Request{Verb: "get", Resource: "namespaces", Name: namespace.Name})
		}
	}
	return absent, nil
}

func namespaceType() metav1.TypeMeta { return metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"} }

// namespacesOf returns the namespaces of the manifests, sorted: those in which --prune deletes. An ignored object without namespace
// is in the given one, unless its kind has no namespaces.
func namespacesOf(read manifests, mapper meta.RESTMapper, otherwise string) []string {
	found := map[string]bool{}
	for _, one := range read.objects {
		found[one.GetNamespace()] = true
	}
	for _, one := range read.ignored {
		if namespace := one.GetNamespace(); namespace != "" {
			found[namespace] = true
			continue
		}
		kind := one.GroupVersionKind()
		if mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil && mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			found[otherwise] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
