// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "clerk-operator"
)

// outputSecret is the Secret that an action writes. It belongs to the object and is deleted with it.
type outputSecret struct {
	client client.Client
	action *v1alpha1.ClerkUserAction
	// found is the Secret as it is; nil if there is none yet.
	found *corev1.Secret
}

// name is that of the Secret; "" if the action writes none.
func (s *outputSecret) name() string {
	switch spec := &s.action.Spec; {
	case spec.CreateTOTP != nil:
		return spec.CreateTOTP.SecretName
	case spec.GetOAuthAccessToken != nil:
		return spec.GetOAuthAccessToken.SecretName
	default:
		return ""
	}
}

// find reads the Secret. The error is a problem if it must not, or cannot, be written.
func (s *outputSecret) find(ctx context.Context) error {
	name, secret := s.name(), &corev1.Secret{}
	err := s.client.Get(ctx, types.NamespacedName{Namespace: s.action.Namespace, Name: name}, secret)
	switch {
	case err == nil && !metav1.IsControlledBy(secret, s.action):
		return secretExists(name)
	case err == nil && !secret.DeletionTimestamp.IsZero():
		return secretBeingDeleted(name)
	case err == nil && ptr.Deref(secret.Immutable, false) && s.action.Spec.CreateTOTP == nil:
		return secretImmutable(name)
	case err == nil:
		s.found = secret
	case !apierrors.IsNotFound(err):
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return nil
}

// entry returns an entry of the Secret; nil if there is none.
func (s *outputSecret) entry(name string) []byte {
	if s.found == nil {
		return nil
	}
	return s.found.Data[name]
}

// write puts these entries, and no others, into the Secret.
func (s *outputSecret) write(ctx context.Context, entries map[string][]byte) error {
	if s.found == nil {
		return s.create(ctx, entries)
	}
	before := s.found.DeepCopy()
	s.found.Data = entries
	err := s.client.Patch(ctx, s.found, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if apierrors.IsForbidden(err) {
		return secretForbidden(before.Name, err)
	}
	if err != nil {
		return fmt.Errorf("writing Secret %s: %w", before.Name, err)
	}
	return nil
}

func (s *outputSecret) create(ctx context.Context, entries map[string][]byte) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.action.Namespace,
			Name:      s.name(),
			Labels:    map[string]string{managedByLabel: managedBy},
		},
		Data: entries,
	}
	// Holding up the owner's deletion takes a right on its finalizers, which serves nobody here.
	unblocked := controllerutil.WithBlockOwnerDeletion(false)
	if err := controllerutil.SetControllerReference(s.action, secret, s.client.Scheme(), unblocked); err != nil {
		return fmt.Errorf("making the object the owner of Secret %s: %w", secret.Name, err)
	}
	err := s.client.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		return reconcile.ErrOutdated
	}
	if apierrors.IsForbidden(err) {
		return secretForbidden(secret.Name, err)
	}
	if err != nil {
		return fmt.Errorf("creating Secret %s: %w", secret.Name, err)
	}
	s.found = secret
	return nil
}
