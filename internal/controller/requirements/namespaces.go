// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// NamespaceIsGone returns a function that reports whether a namespace does not exist or is being deleted. It returns false if that
// cannot be read.
func NamespaceIsGone(api *rest.Config) (func(ctx context.Context, name string) bool, error) {
	cluster, err := kubernetes.NewForConfig(api)
	if err != nil {
		return nil, fmt.Errorf("building the client that reads namespaces: %w", err)
	}
	return func(ctx context.Context, name string) bool { return namespaceIsGone(ctx, cluster, name) }, nil
}

func namespaceIsGone(ctx context.Context, cluster kubernetes.Interface, name string) bool {
	namespace, err := cluster.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	return apierrors.IsNotFound(err) || err == nil && !namespace.DeletionTimestamp.IsZero()
}
