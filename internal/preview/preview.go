// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// Config configures a preview.
type Config struct {
	// Cluster reads from the real cluster. Its scheme must have the kinds of this project and of Kubernetes.
	Cluster client.Reader
	// Open returns the Clerk instance of a ClerkInstance. It is called once for each ClerkInstance that a concerned object uses.
	// An *UnusableError means that the operator could not use it either; the objects' results say so. Any other error ends the
	// preview.
	Open func(ctx context.Context, instance *v1alpha1.ClerkInstance) (Instance, error)
	// ClusterID is the operator's id of the cluster, as in owner marks.
	ClusterID string
	// DefaultInstance is the operator's --default-instance; empty for none.
	DefaultInstance types.NamespacedName
	// Key is the operator's key for bindings and digests; nil if the caller may not read it. Object.Unknown then names what
	// cannot be told without it.
	Key *binding.Key
	// Now returns the current time.
	Now func() time.Time
}

// Instance is a Clerk instance that can be read.
type Instance struct {
	// ID is Clerk's id of the instance.
	ID string
	// Environment is the environment of its key.
	Environment v1alpha1.Environment
	// Reader reads users. It waits by itself until the rate limit allows a call.
	Reader Reader
}

// Reader reads users at Clerk. A *clerk.Client implements it.
type Reader interface {
	connection.Reader
	// UsersByID returns the existing ones of up to clerk.MaxListIDs users.
	UsersByID(ctx context.Context, ids ...string) ([]*clerk.User, error)
}

// UnusableError says why the operator cannot use a ClerkInstance.
type UnusableError struct {
	// Problem is one sentence, as in the condition Ready of the ClerkInstance.
	Problem string
}

// Error returns the problem.
func (e *UnusableError) Error() string { return e.Problem }

// Input is what is to be applied and deleted.
type Input struct {
	// Applied are ClerkUsers, ClerkInstances, ClerkUserActions, Secrets and ConfigMaps as they would be in the cluster afterwards,
	// for instance as the API server answered a dry run, in the order in which they are applied. Other kinds are ignored.
	Applied []client.Object
	// Deleted are ClerkUsers and ClerkInstances that are deleted after that, as they are in the cluster now.
	Deleted []client.Object
}
