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

// ensureFinalizer keeps the instance until no user needs it. The list of finalizers has other owners, and a merge patch
// replaces it whole: hence the optimistic lock here and below.
func (r *Reconciler) ensureFinalizer(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	if controllerutil.ContainsFinalizer(instance, v1alpha1.Finalizer) {
		return nil
	}
	before := instance.DeepCopy()
	controllerutil.AddFinalizer(instance, v1alpha1.Finalizer)
	if err := r.Client.Patch(ctx, instance, locked(before)); err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	return nil
}

// release lets go of the Secret and of the instance.
func (r *Reconciler) release(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	if err := r.releaseSecretNamed(ctx, instance, instance.Spec.SecretKeyRef.Name); err != nil {
		return err
	}
	if err := r.releaseFormerSecret(ctx, instance); err != nil {
		return err
	}
	if !controllerutil.ContainsFinalizer(instance, v1alpha1.Finalizer) {
		return nil
	}
	before := instance.DeepCopy()
	controllerutil.RemoveFinalizer(instance, v1alpha1.Finalizer)
	if err := r.Client.Patch(ctx, instance, locked(before)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	return nil
}

// ensureSecretFinalizer keeps the Secret from vanishing before the users that need it for their deletion, which happens
// when a namespace goes. A Secret that is deleted by itself is let go at once: its key serves on from memory, and a
// rotation by delete-and-create must not hang.
func (r *Reconciler) ensureSecretFinalizer(ctx context.Context, instance *v1alpha1.ClerkInstance, secret *corev1.Secret) error {
	if secret.DeletionTimestamp.IsZero() {
		return r.patchSecret(ctx, secret, controllerutil.AddFinalizer)
	}
	needed, err := r.secretNeeded(ctx, instance)
	if err != nil || needed {
		return err
	}
	return r.releaseSecret(ctx, secret, instance)
}

// secretNeeded reports whether users are being deleted through the instance, or the namespace is going.
func (r *Reconciler) secretNeeded(ctx context.Context, instance *v1alpha1.ClerkInstance) (bool, error) {
	t, err := r.count(ctx, instance)
	if err != nil || t.deleting > 0 {
		return t.deleting > 0, err
	}
	namespace := &corev1.Namespace{}
	if err := r.Live.Get(ctx, types.NamespacedName{Name: instance.Namespace}, namespace); err != nil {
		return false, fmt.Errorf("reading Namespace %s: %w", instance.Namespace, err)
	}
	return !namespace.DeletionTimestamp.IsZero() && t.needing > 0, nil
}

// releaseFormerSecret lets go of the Secret that the spec referred to before, and notes the present one.
func (r *Reconciler) releaseFormerSecret(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	former := instance.Status.SecretName
	if former != "" && former != instance.Spec.SecretKeyRef.Name {
		if err := r.releaseSecretNamed(ctx, instance, former); err != nil {
			return err
		}
	}
	instance.Status.SecretName = instance.Spec.SecretKeyRef.Name
	return nil
}

func (r *Reconciler) releaseSecretNamed(ctx context.Context, instance *v1alpha1.ClerkInstance, name string) error {
	if name == "" {
		// The name did not decode; status names the Secret that holds the finalizer.
		return nil
	}
	secret := &corev1.Secret{}
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: instance.Namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return r.releaseSecret(ctx, secret, instance)
}

// releaseSecret removes the finalizer from the Secret unless another instance of the namespace uses it too. A Secret that is
// being deleted stays for another one only as long as users need that for their deletion.
func (r *Reconciler) releaseSecret(ctx context.Context, secret *corev1.Secret, instance *v1alpha1.ClerkInstance) error {
	instances := &v1alpha1.ClerkInstanceList{}
	if err := r.Client.List(ctx, instances, client.InNamespace(secret.Namespace)); err != nil {
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
		if needed, err := r.secretNeeded(ctx, other); err != nil || needed {
			return err
		}
	}
	return r.patchSecret(ctx, secret, controllerutil.RemoveFinalizer)
}

func (r *Reconciler) patchSecret(ctx context.Context, secret *corev1.Secret, change func(client.Object, string) bool) error {
	before := secret.DeepCopy()
	if !change(secret, v1alpha1.Finalizer) {
		return nil
	}
	err := r.Client.Patch(ctx, secret, locked(before))
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("changing the finalizers of Secret %s: %w", secret.Name, err)
	}
	return nil
}

func locked(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
}
