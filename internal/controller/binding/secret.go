// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package binding

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// SecretName is the name of the Secret, in the operator's own namespace, that holds the key.
	SecretName = "clerk-operator-binding-key"

	secretEntry = "key"
)

// EnsureKey returns the key in the operator's namespace, and creates it on the first start. The client must not be
// cached. If the Secret is lost, EnsureKey creates a new key. Bindings of the old key are then not valid, and users
// without owner mark must be adopted again.
func EnsureKey(ctx context.Context, c client.Client, namespace string) (Key, error) {
	name := types.NamespacedName{Namespace: namespace, Name: SecretName}
	stored, err := ReadKey(ctx, c, namespace)
	if !apierrors.IsNotFound(err) {
		return stored, err
	}
	made, err := NewKey()
	if err != nil {
		return Key{}, err
	}
	err = c.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: name.Namespace,
			Name:      name.Name,
			Labels:    map[string]string{"app.kubernetes.io/name": "clerk-operator"},
		},
		Data: map[string][]byte{secretEntry: made.Bytes()},
	})
	if apierrors.IsAlreadyExists(err) {
		return ReadKey(ctx, c, namespace)
	}
	if apierrors.IsNotFound(err) {
		return Key{}, fmt.Errorf("creating Secret %s for the binding key: %w; create the namespace, or name another with --operator-namespace", name, err)
	}
	if err != nil {
		return Key{}, fmt.Errorf("creating Secret %s for the binding key: %w", name, err)
	}
	return made, nil
}

// ReadKey returns the key in the operator's namespace. The error of the reader is wrapped.
func ReadKey(ctx context.Context, c client.Reader, namespace string) (Key, error) {
	name := types.NamespacedName{Namespace: namespace, Name: SecretName}
	secret := &corev1.Secret{}
	if err := c.Get(ctx, name, secret); err != nil {
		return Key{}, fmt.Errorf("getting Secret %s with the binding key: %w", name, err)
	}
	return ParseKey(secret.Data[secretEntry])
}
