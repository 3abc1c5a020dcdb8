// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// clusterID returns the operator's id of the cluster: that of the flag, or else the one that the operator wrote into the status of a
// ClerkInstance, or else the one that it would take by default. The first ClerkInstances that are asked are those of the namespaces of
// the objects, since other namespaces can have another operator.
func (c comparison) clusterID(ctx context.Context, cluster client.Reader, objects []client.Object) (string, error) {
	if c.options.clusterID != "" {
		return c.options.clusterID, nil
	}
	near := map[string]bool{}
	for _, object := range objects {
		near[object.GetNamespace()] = true
	}
	for _, namespace := range append(slices.Sorted(maps.Keys(near)), metav1.NamespaceAll) {
		id, err := recordedClusterID(ctx, cluster, namespace)
		if id != "" || err != nil {
			return id, err
		}
	}
	return cli.DefaultClusterID(ctx, cluster)
}

// recordedClusterID returns the id that the operator wrote into the status of a ClerkInstance of a namespace; "" if there is none, or
// if the caller may not read them.
func recordedClusterID(ctx context.Context, cluster client.Reader, namespace string) (string, error) {
	instances := &v1alpha1.ClerkInstanceList{}
	err := cluster.List(ctx, instances, client.InNamespace(namespace))
	if apierrors.IsForbidden(err) {
		return "", nil
	}
	if err != nil {
		return "", cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances", Namespace: namespace})
	}
	for i := range instances.Items {
		if id := instances.Items[i].Status.ClusterID; id != "" {
			return id, nil
		}
	}
	return "", nil
}
