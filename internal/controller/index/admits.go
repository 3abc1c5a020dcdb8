// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Admits reports whether a ClerkInstance allows objects of a namespace to refer to it. The reader gets the Namespace if
// its labels decide; its error is returned.
func Admits(ctx context.Context, reader client.Reader, instance *v1alpha1.ClerkInstance, namespace string) (bool, error) {
	if instance.Namespace == namespace {
		return true, nil
	}
	switch instance.Spec.Namespaces() {
	case v1alpha1.NamespacesFromAll:
		return true, nil
	case v1alpha1.NamespacesFromSelector:
		return selectorAdmits(ctx, reader, instance.Spec.AllowedNamespaces.Selector, namespace)
	case v1alpha1.NamespacesFromSame:
	}
	return false, nil
}

func selectorAdmits(ctx context.Context, reader client.Reader, wanted *metav1.LabelSelector, namespace string) (bool, error) {
	selector, err := metav1.LabelSelectorAsSelector(wanted)
	if err != nil {
		return false, fmt.Errorf("reading allowedNamespaces.selector: %w", err)
	}
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := reader.Get(ctx, types.NamespacedName{Name: namespace}, found); err != nil {
		return false, fmt.Errorf("getting Namespace %s: %w", namespace, err)
	}
	return selector.Matches(labels.Set(found.Labels)), nil
}
