// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// KeyVariable is the environment variable with a secret key for those who may not read the Secret of a ClerkInstance.
const KeyVariable = "CLERK_SECRET_KEY"

// secretKey is a secret key of Clerk.
type secretKey struct {
	text clerk.Secret
	// from says where the key is from, for messages.
	from string
	// named is true for the key of the ClerkInstance. Others can be of any Clerk instance.
	named bool
}

// findKey returns the key of the Secret that the ClerkInstance names, or else that of the variable.
func (o opener) findKey(ctx context.Context, instance *v1alpha1.ClerkInstance) (*secretKey, error) {
	key, why, err := o.keyOfSecret(ctx, instance)
	if key != nil || err != nil {
		return key, err
	}
	text := source.Trimmed(o.getenv(KeyVariable))
	switch {
	case text == "":
		return nil, fmt.Errorf("no secret key of Clerk for %s: %s, or set the variable %s to a secret key of the same Clerk instance",
			nameOf(instance), why, KeyVariable)
	case clerkinstance.EnvironmentOf(text) == "":
		return nil, errors.New("the variable " + KeyVariable + " is not a secret key of Clerk, which begins with sk_live_ or sk_test_")
	}
	return &secretKey{text: clerk.NewSecret(text), from: "the variable " + KeyVariable}, nil
}

// keyOfSecret returns the key of the Secret, or why there is none and what to do about it.
func (o opener) keyOfSecret(ctx context.Context, instance *v1alpha1.ClerkInstance) (key *secretKey, why string, err error) {
	ref, secret := instance.Spec.SecretKeyRef, &corev1.Secret{}
	name := types.NamespacedName{Namespace: instance.Namespace, Name: ref.Name}
	switch err := o.cluster.Get(ctx, name, secret); {
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return nil, fmt.Sprintf("you may not read Secret %s; ask for the right to get the resource secrets named %s in namespace %s",
			name, name.Name, name.Namespace), nil
	case apierrors.IsNotFound(err):
		return nil, fmt.Sprintf("Secret %s does not exist; create it with the key in entry %s", name, ref.EntryKey()), nil
	case err != nil:
		return nil, "", fmt.Errorf("reading Secret %s: %w", name, err)
	}
	text := source.Trimmed(string(secret.Data[ref.EntryKey()]))
	if clerkinstance.EnvironmentOf(text) == "" {
		return nil, fmt.Sprintf("entry %s of Secret %s is missing or not a secret key; put one there, which begins with sk_live_ or sk_test_",
			ref.EntryKey(), name), nil
	}
	return &secretKey{text: clerk.NewSecret(text), from: "Secret " + name.String(), named: true}, "", nil
}

// refused returns the error as one of the key in the Secret of the ClerkInstance, if it is about the key and that is its key.
func (k *secretKey) refused(err error, aboutKey bool) error {
	if k.named && aboutKey {
		return &OwnKeyError{err}
	}
	return err
}

// checkEnvironment refuses a key of the other kind of instance, before it is sent.
func (k *secretKey) checkEnvironment(instance *v1alpha1.ClerkInstance) error {
	have, want := clerkinstance.EnvironmentOf(k.text.Reveal()), instance.Status.Environment
	if k.named || want == "" || have == want {
		return nil
	}
	return fmt.Errorf("%s has a key of a %s instance, and %s is a %s instance; use a key of that instance", k.from, have, nameOf(instance), want)
}

// checkInstance refuses a key of another Clerk instance than the one that the ClerkInstance names. The users of another one
// would be taken for those of this one.
func (k *secretKey) checkInstance(instance *v1alpha1.ClerkInstance, id string) error {
	want := instance.Status.InstanceID
	if instance.Spec.InstanceID != nil {
		want = *instance.Spec.InstanceID
	}
	switch {
	case want == id, k.named && (want == "" || clerkinstance.Unpinned(want)):
		return nil
	case clerkinstance.Unpinned(id):
		return fmt.Errorf("%s has a key that may not ask Clerk for its instance, so that nobody knows whether it is of %s; "+
			"use a key that may call GET /instance", k.from, want)
	case want == "", clerkinstance.Unpinned(want):
		return fmt.Errorf("%s names no Clerk instance, so that nobody knows whether %s with a key of %s is meant for it; "+
			"set its spec.instanceID", nameOf(instance), k.from, id)
	default:
		return fmt.Errorf("%s has a key of Clerk instance %s, and %s is for %s; use a key of that instance", k.from, id, nameOf(instance), want)
	}
}
