// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// finalizers holds an instance and the Secret with its key for as long as users need them.
type finalizers struct {
	client    client.Client
	apiReader client.Reader
	users     countUsers
	// secretsByRole is Config.SecretsByRole.
	secretsByRole bool
}

// ensureOwn keeps the instance until no user needs it. The list of finalizers has other owners, and a merge patch
// replaces it whole: hence the optimistic lock here and below.
func (f finalizers) ensureOwn(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	if controllerutil.ContainsFinalizer(instance, v1alpha1.Finalizer) {
		return nil
	}
	before := instance.DeepCopy()
	controllerutil.AddFinalizer(instance, v1alpha1.Finalizer)
	if err := f.client.Patch(ctx, instance, locked(before)); err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	return nil
}

// release lets go of the Secret and of the instance.
func (f finalizers) release(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	if err := f.releaseSecretNamed(ctx, instance, instance.Spec.SecretKeyRef.Name); err != nil {
		return err
	}
	if err := f.releaseFormerSecret(ctx, instance); err != nil {
		return err
	}
	if !controllerutil.ContainsFinalizer(instance, v1alpha1.Finalizer) {
		return nil
	}
	before := instance.DeepCopy()
	controllerutil.RemoveFinalizer(instance, v1alpha1.Finalizer)
	if err := f.client.Patch(ctx, instance, locked(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	return nil
}

// ensureOnSecret keeps the Secret from vanishing before the users that need it for their deletion, which happens
// when a namespace goes. A Secret that is deleted by itself is let go at once: the operator keeps using the cached key, and a
// rotation by delete-and-create must not hang.
func (f finalizers) ensureOnSecret(ctx context.Context, instance *v1alpha1.ClerkInstance, secret *corev1.Secret) error {
	if f.secretsByRole {
		return f.patchSecret(ctx, secret, controllerutil.RemoveFinalizer)
	}
	if secret.DeletionTimestamp.IsZero() {
		return f.patchSecret(ctx, secret, controllerutil.AddFinalizer)
	}
	needed, err := f.secretNeeded(ctx, instance)
	if err != nil || needed {
		return err
	}
	return f.releaseSecret(ctx, secret, instance)
}

// secretNeeded reports whether users are being deleted through the instance, or the namespace is going.
func (f finalizers) secretNeeded(ctx context.Context, instance *v1alpha1.ClerkInstance) (bool, error) {
	if len(instance.Status.PendingDeletions) > 0 {
		return true, nil
	}
	c, err := f.users.cached(ctx, instance)
	if err != nil || c.deleting > 0 {
		return c.deleting > 0, err
	}
	namespace := &corev1.Namespace{}
	if err := f.apiReader.Get(ctx, types.NamespacedName{Name: instance.Namespace}, namespace); err != nil {
		return false, fmt.Errorf("reading Namespace %s: %w", instance.Namespace, err)
	}
	return !namespace.DeletionTimestamp.IsZero() && c.needing > 0, nil
}

// releaseFormerSecret lets go of the Secret that the spec referred to before, and notes the present one.
func (f finalizers) releaseFormerSecret(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	former := instance.Status.SecretName
	if former != "" && former != instance.Spec.SecretKeyRef.Name {
		if err := f.releaseSecretNamed(ctx, instance, former); err != nil {
			return err
		}
	}
	instance.Status.SecretName = instance.Spec.SecretKeyRef.Name
	return nil
}

func (f finalizers) releaseSecretNamed(ctx context.Context, instance *v1alpha1.ClerkInstance, name string) error {
	if name == "" {
		// The name did not decode; status names the Secret that holds the finalizer.
		return nil
	}
	secret := &corev1.Secret{}
	err := f.apiReader.Get(ctx, types.NamespacedName{Namespace: instance.Namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) || f.secretsByRole && apierrors.IsForbidden(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return f.releaseSecret(ctx, secret, instance)
}

// releaseSecret removes the finalizer from the Secret unless another instance of the namespace uses it too. A Secret that is
// being deleted stays for another one only as long as users need that for their deletion.
func (f finalizers) releaseSecret(ctx context.Context, secret *corev1.Secret, instance *v1alpha1.ClerkInstance) error {
	instances := &v1alpha1.ClerkInstanceList{}
	if err := f.client.List(ctx, instances, client.InNamespace(secret.Namespace)); err != nil {
		return fmt.Errorf("listing ClerkInstances of namespace %s: %w", secret.Namespace, err)
	}
	for i := range instances.Items {
		other := &instances.Items[i]
		if other.UID == instance.UID || other.Spec.SecretKeyRef.Name != secret.Name {
			continue
		}
		if secret.DeletionTimestamp.IsZero() {
			return nil
		}
		if needed, err := f.secretNeeded(ctx, other); err != nil || needed {
			return err
		}
	}
	return f.patchSecret(ctx, secret, controllerutil.RemoveFinalizer)
}

func (f finalizers) patchSecret(ctx context.Context, secret *corev1.Secret, change func(client.Object, string) bool) error {
	before := secret.DeepCopy()
	if !change(secret, v1alpha1.Finalizer) {
		return nil
	}
	err := f.client.Patch(ctx, secret, locked(before))
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("changing the finalizers of Secret %s: %w", secret.Name, err)
	}
	return nil
}

func locked(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}
