// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// withDeclared reads from a cluster as if the Namespaces and Secrets of the manifests were in it: a ClerkInstance can come with its
// Secret, in a namespace that does not exist yet.
type withDeclared struct {
	client.Reader

	namespaces map[string]*corev1.Namespace
	secrets    map[client.ObjectKey]*corev1.Secret
}

// Get reads an object.
func (r withDeclared) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	switch into := into.(type) {
	case *corev1.Secret:
		if secret, declared := r.secrets[key]; declared {
			secret.DeepCopyInto(into)
			return nil
		}
	case *corev1.Namespace:
		if namespace, declared := r.namespaces[key.Name]; declared {
			namespace.DeepCopyInto(into)
			return nil
		}
	case *metav1.PartialObjectMetadata:
		if namespace, declared := r.namespaces[key.Name]; declared && into.Kind == "Namespace" {
			namespace.ObjectMeta.DeepCopyInto(&into.ObjectMeta)
			return nil
		}
	}
	return r.Reader.Get(ctx, key, into, options...) //nolint:wrapcheck // the error is that of the reader that it wraps
}
