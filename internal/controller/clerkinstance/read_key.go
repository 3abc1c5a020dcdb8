// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// readKey reads the secret key and ensures the finalizer of the Secret that holds it.
type readKey struct {
	apiReader  client.Reader
	finalizers finalizers
}

func (s readKey) run(ctx context.Context, instance *v1alpha1.ClerkInstance) (string, error) {
	ref := instance.Spec.SecretKeyRef
	name := types.NamespacedName{Namespace: instance.Namespace, Name: ref.Name}
	secret := &corev1.Secret{}
	err := s.apiReader.Get(ctx, name, secret)
	if apierrors.IsNotFound(err) {
		return "", secretNotFound(fmt.Sprintf("Secret %s does not exist in namespace %s; create it with the secret key in entry %s",
			name.Name, name.Namespace, ref.EntryKey()))
	}
	if err != nil {
		return "", fmt.Errorf("reading Secret %s: %w", ref.Name, err)
	}
	if err := s.finalizers.ensureOnSecret(ctx, instance, secret); err != nil {
		return "", err
	}
	key := source.Trimmed(string(secret.Data[ref.EntryKey()]))
	if key == "" {
		return "", secretNotFound(fmt.Sprintf("Secret %s has no entry %s, or an empty one; put the secret key there", ref.Name, ref.EntryKey()))
	}
	if EnvironmentOf(key) == "" || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", invalidKey(ref)
	}
	return key, nil
}

// EnvironmentOf tells the kind of instance from a secret key; "" for what is no key.
func EnvironmentOf(key string) v1alpha1.Environment {
	switch {
	case strings.HasPrefix(key, "sk_live_"):
		return v1alpha1.EnvironmentProduction
	case strings.HasPrefix(key, "sk_test_"):
		return v1alpha1.EnvironmentDevelopment
	default:
		return ""
	}
}
