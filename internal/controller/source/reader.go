// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package source reads what objects name in Secrets and ConfigMaps: live, since neither ever enters a cache.
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

// Reader reads Secrets and ConfigMaps of one namespace, each of them once. It serves one pass.
type Reader struct {
	live       client.Reader
	namespace  string
	secrets    map[string]*corev1.Secret
	configMaps map[string]*corev1.ConfigMap
}

// NewReader returns a Reader. The live reader must not be a cache's.
func NewReader(live client.Reader, namespace string) *Reader {
	return &Reader{
		live:       live,
		namespace:  namespace,
		secrets:    map[string]*corev1.Secret{},
		configMaps: map[string]*corev1.ConfigMap{},
	}
}

// MissingError says that a Secret or ConfigMap, or the entry in it, does not exist or is empty.
type MissingError struct {
	// Reason is the reason of a condition, ReasonSecretNotFound or ReasonConfigMapNotFound.
	Reason string
	// Field of the spec that names it.
	Field string
	// Problem says what is missing, and what to do.
	Problem string
}

// Error names the field, what is missing, and what to do.
func (e *MissingError) Error() string { return e.Field + ": " + e.Problem }

// Secret returns the entry of a Secret that a field of a spec names. Where there is none the error is a *MissingError.
func (r *Reader) Secret(ctx context.Context, field string, at v1alpha1.SecretKeySelector) ([]byte, error) {
	w := wanted{field: field, kind: "Secret", reason: v1alpha1.ReasonSecretNotFound, name: at.Name, key: at.Key}
	secret, known := r.secrets[at.Name]
	if !known {
		secret = &corev1.Secret{}
		if err := r.get(ctx, w, secret); err != nil {
			return nil, err
		}
		r.secrets[at.Name] = secret
	}
	return w.found(secret.Data[at.Key])
}

// ConfigMap returns the entry of a ConfigMap's binaryData or data that a field of a spec names. Where there is none the
// error is a *MissingError.
func (r *Reader) ConfigMap(ctx context.Context, field string, at v1alpha1.ConfigMapKeySelector) ([]byte, error) {
	w := wanted{field: field, kind: "ConfigMap", reason: v1alpha1.ReasonConfigMapNotFound, name: at.Name, key: at.Key}
	configMap, known := r.configMaps[at.Name]
	if !known {
		configMap = &corev1.ConfigMap{}
		if err := r.get(ctx, w, configMap); err != nil {
			return nil, err
		}
		r.configMaps[at.Name] = configMap
	}
	value := configMap.BinaryData[at.Key]
	if len(value) == 0 {
		value = []byte(configMap.Data[at.Key])
	}
	return w.found(value)
}

// wanted is an entry that a field names, and the reason of a condition where there is none.
type wanted struct{ field, kind, reason, name, key string }

func (r *Reader) get(ctx context.Context, w wanted, into client.Object) error {
	err := r.live.Get(ctx, types.NamespacedName{Namespace: r.namespace, Name: w.name}, into)
	if apierrors.IsNotFound(err) {
		return w.missingf("%s %s does not exist in this namespace; create it, or correct the name", w.kind, w.name)
	}
	if err != nil {
		return fmt.Errorf("reading %s %s: %w", w.kind, w.name, err)
	}
	return nil
}

func (w wanted) found(value []byte) ([]byte, error) {
	if len(value) == 0 {
		return nil, w.missingf("%s %s has no entry %s, or an empty one; put the value there", w.kind, w.name, w.key)
	}
	return value, nil
}

func (w wanted) missingf(format string, args ...any) error {
	return &MissingError{Reason: w.reason, Field: w.field, Problem: fmt.Sprintf(format, args...)}
}
