// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// Config configures the metrics.
type Config struct {
	// Registry registers the metrics.
	Registry prometheus.Registerer
	// Pool has the connections to Clerk.
	Pool *connection.Pool
	// DefaultInstance is the ClerkInstance of ClerkUsers that name none; empty for none.
	DefaultInstance types.NamespacedName
	// MayWrite returns an error after the lease was lost. Nil: there is no lease.
	MayWrite func() error
	// KeyCheckedAt returns when Clerk last accepted the key of a ClerkInstance; zero if it did not since the start.
	KeyCheckedAt func(types.NamespacedName) time.Time
	// Now returns the current time.
	Now func() time.Time
}

// SetupWithManager adds the metrics to a manager.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, config Config) error {
	c := newCollector(config)
	var registrations []toolscache.ResourceEventHandlerRegistration
	for object, handler := range map[client.Object]toolscache.ResourceEventHandler{
		&v1alpha1.ClerkUser{}:       eventHandler(c.users),
		&v1alpha1.ClerkInstance{}:   eventHandler(c.instances),
		&v1alpha1.ClerkUserAction{}: eventHandler(c.actions),
	} {
		informer, err := mgr.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("getting the cache of %T: %w", object, err)
		}
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			return fmt.Errorf("observing the cache of %T: %w", object, err)
		}
		registrations = append(registrations, registration)
	}
	c.synced = func() bool {
		for _, registration := range registrations {
			if !registration.HasSynced() {
				return false
			}
		}
		return true
	}
	if err := mgr.Add(c.leader); err != nil {
		return fmt.Errorf("adding the metric of the leader: %w", err)
	}
	if err := config.Registry.Register(c); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}
