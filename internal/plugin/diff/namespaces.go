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
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// absentNamespaces returns the Namespaces of the manifests that do not exist yet. One that the caller may not read counts as existing.
func absentNamespaces(ctx context.Context, cluster client.Reader, declared []manifest) (map[string]*corev1.Namespace, error) {
	absent := map[string]*corev1.Namespace{}
	for _, one := range declared {
		namespace := namespaceOf(one.Unstructured)
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

// namespaceOf returns the name and the labels of a Namespace. Nothing else of it matters to the operator.
func namespaceOf(object *unstructured.Unstructured) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: object.GetName(), Labels: object.GetLabels()}}
}

// namespaces returns the Namespaces as they are after the apply, by their names, and the outcomes of the others. One that the
// caller may not change stays as it is.
func (d dryRun) namespaces(ctx context.Context, declared []manifest) (map[string]*corev1.Namespace, []outcome, error) {
	after := maps.Clone(d.absent)
	var others []outcome
	for _, one := range declared {
		if d.absent[one.GetName()] != nil {
			continue
		}
		switch tried := d.one(ctx, one); {
		case unanswered(tried.err):
			return nil, nil, cli.Explain(tried.err, cli.Request{Verb: "patch", Resource: "namespaces", Name: one.GetName()})
		case apierrors.IsForbidden(tried.err):
			tried.err, tried.note = nil, "you may not change it; its labels are taken as they are in the cluster"
			others = append(others, tried)
		case tried.err != nil:
			others = append(others, tried)
		default:
			after[one.GetName()] = namespaceOf(tried.stored)
		}
	}
	return after, others, nil
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
