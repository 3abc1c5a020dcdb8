// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// config returns what a preview needs beside the objects.
func (c comparison) config(
	ctx context.Context, cluster client.Reader, namespaces map[string]*corev1.Namespace, input preview.Input, said *notes,
) (preview.Config, error) {
	defaultInstance, err := c.options.instance()
	if err != nil {
		return preview.Config{}, err
	}
	clusterID, err := c.clusterID(ctx, cluster, append(input.Applied, input.Deleted...))
	if err != nil {
		return preview.Config{}, err
	}
	key, err := c.key(ctx, cluster, said)
	if err != nil {
		return preview.Config{}, err
	}
	declared := withDeclared{Reader: cluster, namespaces: namespaces, secrets: map[client.ObjectKey]*corev1.Secret{}}
	for _, object := range input.Applied {
		if secret, ok := object.(*corev1.Secret); ok {
			declared.secrets[client.ObjectKeyFromObject(secret)] = withText(secret)
		}
	}
	return preview.Config{
		Cluster: declared,
		Open: func(ctx context.Context, i *v1alpha1.ClerkInstance) (preview.Instance, error) {
			return c.open(ctx, declared, i)
		},
		ClusterID:       clusterID,
		DefaultInstance: defaultInstance,
		Key:             key,
		Now:             c.environment.Now,
	}, nil
}

// withText returns a Secret with all its values in data, also if the API server was not asked.
func withText(secret *corev1.Secret) *corev1.Secret {
	whole := secret.DeepCopy()
	for entry, text := range secret.StringData {
		if whole.Data == nil {
			whole.Data = map[string][]byte{}
		}
		whole.Data[entry] = []byte(text)
	}
	return whole
}

// key returns the operator's key; nil if the caller may not read it or it is not there.
func (c comparison) key(ctx context.Context, cluster client.Reader, said *notes) (*binding.Key, error) {
	name := client.ObjectKey{Namespace: c.options.operatorNamespace, Name: binding.SecretName}
	key, err := binding.ReadKey(ctx, cluster, name.Namespace)
	switch {
	case err == nil:
		return &key, nil
	case apierrors.IsForbidden(err):
		said.add(fmt.Sprintf("you may not read Secret %s, by which the operator notices changed passwords and images", name), "")
		return nil, nil
	case apierrors.IsNotFound(err):
		said.add(fmt.Sprintf("there is no Secret %s, by which the operator notices changed passwords and images; "+
			"--operator-namespace names the operator's namespace", name), "")
		return nil, nil
	}
	return nil, fmt.Errorf("reading the operator's key: %w", err)
}

// open returns the Clerk instance of a ClerkInstance, for reading.
func (c comparison) open(ctx context.Context, cluster client.Reader, instance *v1alpha1.ClerkInstance) (preview.Instance, error) {
	ref, secret := instance.Spec.SecretKeyRef, &corev1.Secret{}
	name := client.ObjectKey{Namespace: instance.Namespace, Name: ref.Name}
	switch err := cluster.Get(ctx, name, secret); {
	case apierrors.IsNotFound(err):
		return preview.Instance{}, &preview.UnusableError{Problem: fmt.Sprintf("Secret %s does not exist", name)}
	case err == nil && clerkinstance.EnvironmentOf(source.Trimmed(string(secret.Data[ref.EntryKey()]))) == "":
		return preview.Instance{}, &preview.UnusableError{
			Problem: fmt.Sprintf("entry %s of Secret %s is missing or not a secret key", ref.EntryKey(), name),
		}
	}
	access, err := c.options.clerk.OpenFrom(ctx, c.environment, cluster, instance)
	if own, is := errors.AsType[*clerkaccess.OwnKeyError](err); is {
		return preview.Instance{}, &preview.UnusableError{Problem: own.Error()}
	}
	if err != nil {
		return preview.Instance{}, err //nolint:wrapcheck // the error is complete
	}
	return preview.Instance{ID: access.InstanceID, Environment: access.Environment, Reader: access.Reader}, nil
}
