// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// DefaultClusterID returns the id of the cluster that an operator without --cluster-id has: the uid of Namespace kube-system.
func DefaultClusterID(ctx context.Context, cluster client.Reader) (string, error) {
	system := &metav1.PartialObjectMetadata{}
	system.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	err := cluster.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, system)
	if apierrors.IsForbidden(err) {
		return "", fmt.Errorf("no ClerkInstance has status.clusterID, and you may not read Namespace %s, whose uid is the default; "+
			"name the operator's id of the cluster with --cluster-id: %w", metav1.NamespaceSystem, err)
	}
	if err != nil {
		return "", Explain(err, Request{Verb: "get", Resource: "namespaces", Name: metav1.NamespaceSystem})
	}
	return string(system.UID), nil
}
