// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// MarkOf returns the owner mark of a ClerkUser of a cluster.
func MarkOf(clusterID string, user *v1alpha1.ClerkUser, origin v1alpha1.Origin) plan.Mark {
	return plan.Mark{
		Cluster:   clusterID,
		Namespace: user.Namespace,
		Name:      user.Name,
		UID:       string(user.UID),
		Origin:    origin,
	}
}
