// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package source reads the Secrets and ConfigMaps that objects name. It reads from the API server, because neither kind
// ever enters a cache.
package source

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Reader reads Secrets and ConfigMaps of one namespace, each of them once. It serves one reconciliation.
type Reader struct {
	apiReader  client.Reader
	namespace  string
	secrets    map[string]*corev1.Secret
	configMaps map[string]*corev1.ConfigMap
}

// NewReader returns a Reader. apiReader must not read from a cache.
func NewReader(apiReader client.Reader, namespace string) *Reader {
	return &Reader{
		apiReader:  apiReader,
		namespace:  namespace,
		secrets:    map[string]*corev1.Secret{},
		configMaps: map[string]*corev1.ConfigMap{},
	}
}

// MissingError says that a Secret or ConfigMap, or its entry, does not exist or is empty.
type MissingError struct {
	// Reason is the reason of a condition, ReasonSecretNotFound or ReasonConfigMapNotFound.
	Reason string
	// Field is the field of the spec that names it.
	Field string
	// Problem says what is missing and what to do.
	Problem string
}

// Error names the field, what is missing, and what to do.
func (e *MissingError) Error() string { return e.Field + ": " + e.Problem }

// Read returns the entry that a reference names, from a Secret or from a ConfigMap's binaryData or data. If there is
// none, the error is a *MissingError.
func (r *Reader) Read(ctx context.Context, at Reference) ([]byte, error) {
	if at.Kind == kindSecret {
		secret, err := readOnce(ctx, r, r.secrets, at, &corev1.Secret{})
		if err != nil {
			return nil, err
		}
		return at.found(secret.Data[at.Key])
	}
	configMap, err := readOnce(ctx, r, r.configMaps, at, &corev1.ConfigMap{})
	if err != nil {
		return nil, err
	}
	if content := configMap.BinaryData[at.Key]; len(content) > 0 {
		return content, nil
	}
	return at.found([]byte(configMap.Data[at.Key]))
}

// readOnce reads the object that a reference names, unless it was read before.
func readOnce[T client.Object](ctx context.Context, r *Reader, known map[string]T, at Reference, into T) (T, error) {
	if object, found := known[at.Name]; found {
		return object, nil
	}
	err := r.apiReader.Get(ctx, types.NamespacedName{Namespace: r.namespace, Name: at.Name}, into)
	if apierrors.IsNotFound(err) {
		return into, at.missingf("%s %s does not exist in this namespace; create it, or correct the name", at.Kind, at.Name)
	}
	if err != nil {
		return into, fmt.Errorf("reading %s %s: %w", at.Kind, at.Name, err)
	}
	known[at.Name] = into
	return into, nil
}

func (r Reference) found(content []byte) ([]byte, error) {
	if len(content) == 0 {
		return nil, r.missingf("%s %s has no entry %s, or an empty one; put the value there", r.Kind, r.Name, r.Key)
	}
	return content, nil
}

func (r Reference) missingf(format string, args ...any) error {
	reason := v1alpha1.ReasonSecretNotFound
	if r.Kind == kindConfigMap {
		reason = v1alpha1.ReasonConfigMapNotFound
	}
	return &MissingError{Reason: reason, Field: r.Field, Problem: fmt.Sprintf(format, args...)}
}
