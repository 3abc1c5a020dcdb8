// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// config returns what a preview needs beside the objects.
func (c comparison) config(
	ctx context.Context, cluster client.Reader, absent map[string]*corev1.Namespace, input preview.Input, said *notes,
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
	declared := withDeclared{Reader: cluster, namespaces: absent, secrets: map[client.ObjectKey]*corev1.Secret{}}
	for _, object := range input.Applied {
		if secret, ok := object.(*corev1.Secret); ok {
			declared.secrets[client.ObjectKeyFromObject(secret)] = secret
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
	name := client.ObjectKey{Namespace: instance.Namespace, Name: instance.Spec.SecretKeyRef.Name}
	if err := cluster.Get(ctx, name, &corev1.Secret{}); apierrors.IsNotFound(err) {
		return preview.Instance{}, &preview.UnusableError{Problem: fmt.Sprintf("Secret %s does not exist", name)}
	}
	access, err := c.options.clerk.OpenFrom(ctx, c.environment, cluster, instance)
	if err != nil {
		return preview.Instance{}, err //nolint:wrapcheck // the error is complete
	}
	return preview.Instance{ID: access.InstanceID, Environment: access.Environment, Reader: access.Reader}, nil
}
