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
)

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "clerk-operator"
)

// reserve finds the Secret that the action writes, and ends the action if it is somebody else's. What an authenticator is given is
// in the Secret before Clerk is told, so that it is not lost whatever happens, and a repeated call tells the same.
func (p *pass) reserve(ctx context.Context) error {
	name := p.outputName()
	if name == "" {
		return nil
	}
	secret := &corev1.Secret{}
	err := p.Live.Get(ctx, types.NamespacedName{Namespace: p.action.Namespace, Name: name}, secret)
	switch {
	case err == nil && !metav1.IsControlledBy(secret, p.action):
		return secretExists(name)
	case err == nil && !secret.DeletionTimestamp.IsZero():
		return secretBeingDeleted(name)
	case err == nil && ptr.Deref(secret.Immutable, false) && p.action.Spec.CreateTOTP == nil:
		return secretImmutable(name)
	case err == nil:
		p.output = secret
	case !apierrors.IsNotFound(err):
		return fmt.Errorf("reading Secret %s: %w", name, err)
	}
	if p.action.Spec.CreateTOTP != nil {
		return p.ensureTOTPSecret(ctx)
	}
	return nil
}

// outputName is the name of the Secret that the action writes; "" if it writes none.
func (p *pass) outputName() string {
	switch spec := &p.action.Spec; {
	case spec.CreateTOTP != nil:
		return spec.CreateTOTP.SecretName
	case spec.GetOAuthAccessToken != nil:
		return spec.GetOAuthAccessToken.SecretName
	default:
		return ""
	}
}

// writeOutput puts these entries, and no others, into the Secret. It belongs to the object and is deleted with it.
func (p *pass) writeOutput(ctx context.Context, entries map[string][]byte) error {
	if p.output == nil {
		return p.createOutput(ctx, entries)
	}
	before := p.output.DeepCopy()
	p.output.Data = entries
	err := p.Live.Patch(ctx, p.output, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if apierrors.IsForbidden(err) {
		return secretForbidden(before.Name)
	}
	if err != nil {
		return fmt.Errorf("writing Secret %s: %w", before.Name, err)
	}
	return nil
}

func (p *pass) createOutput(ctx context.Context, entries map[string][]byte) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.action.Namespace,
			Name:      p.outputName(),
			Labels:    map[string]string{managedByLabel: managedBy},
		},
		Data: entries,
	}
	// Holding up the owner's deletion takes a right on its finalizers, which serves nobody here.
	unblocked := controllerutil.WithBlockOwnerDeletion(false)
	if err := controllerutil.SetControllerReference(p.action, secret, p.Live.Scheme(), unblocked); err != nil {
		return fmt.Errorf("making the object the owner of Secret %s: %w", secret.Name, err)
	}
	err := p.Live.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		return errOutdated
	}
	if apierrors.IsForbidden(err) {
		return secretForbidden(secret.Name)
	}
	if err != nil {
		return fmt.Errorf("creating Secret %s: %w", secret.Name, err)
	}
	p.output = secret
	return nil
}
