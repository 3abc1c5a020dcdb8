// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package controller puts the operator's controllers together.
package controller

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuseraction"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/statemetrics"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// Config configures the controllers.
type Config struct {
	// ClusterID distinguishes this cluster from others in owner marks.
	ClusterID string
	// Key signs bindings.
	Key binding.Key
	// Hosts are the API hosts that may be called.
	Hosts clerkinstance.AllowedHosts
	// DefaultInstance is the ClerkInstance of ClerkUsers that name none; empty for none.
	DefaultInstance types.NamespacedName
	// Concurrency is how many ClerkUsers, and how many ClerkUserActions, are reconciled at the same time.
	Concurrency int
	// SecretInterval and CountInterval are passed to clerkinstance.Config.
	SecretInterval, CountInterval time.Duration
	// ApplyWindow is passed to the controllers; see reconcile.Tools. 0: reconcile.DefaultApplyWindow.
	ApplyWindow time.Duration
	// WatchSecrets is passed to clerkinstance.Config and to the other controllers.
	WatchSecrets bool
	// SecretsByRole is passed to clerkinstance.Config.
	SecretsByRole bool
	// UserAgent is sent to Clerk.
	UserAgent string
	// Registry registers the metrics.
	Registry prometheus.Registerer
	// Now returns the current time.
	Now func() time.Time
	// MayWrite is called right before each call that changes something at Clerk. Its error means that this process is no longer
	// the leader and is about to end. Nil allows every call.
	MayWrite func() error
	// Pool has the connections to Clerk, for a caller that reads them. Nil: the controllers create one.
	Pool *connection.Pool
	// NewQueue creates the work queue of the controller with this name, for a caller that observes it. Nil: controller-runtime
	// creates it.
	NewQueue NewQueue
}

// NewQueue creates a work queue, as in controller-runtime's options of a controller.
type NewQueue func(
	controllerName string, limiter workqueue.TypedRateLimiter[ctrl.Request],
) workqueue.TypedRateLimitingInterface[ctrl.Request]

// Scheme returns the scheme with the kinds that the operator uses.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	return scheme, nil
}

// WatchedKinds returns the kinds of objects that the cache of a manager for the controllers may hold.
func WatchedKinds() []string {
	return []string{"ClerkInstance", "ClerkUser", "ClerkUserAction", "ConfigMap", "Namespace", "Secret"}
}

// ManagerOptions returns the options of a manager for the controllers: what its cache contains, and what it must not contain.
// The manager watches these namespaces, or all if there are none.
func ManagerOptions(scheme *runtime.Scheme, namespaces []string) ctrl.Options {
	secretMetadata := &metav1.PartialObjectMetadata{}
	secretMetadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	configMapMetadata := &metav1.PartialObjectMetadata{}
	configMapMetadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	reduced := transform{&sharedTexts{}}
	options := ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			ByObject: map[client.Object]cache.ByObject{
				secretMetadata:        {Transform: reduced.keepNameOnly},
				configMapMetadata:     {Transform: reduced.keepNameOnly},
				&v1alpha1.ClerkUser{}: {Transform: reduced.keepWhatReconcileUses},
			},
		},
		// Secrets and ConfigMaps never enter the cache: it would contain all of the cluster.
		Client: client.Options{FieldOwner: v1alpha1.FieldManager, Cache: &client.CacheOptions{
			DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}},
		}},
		LeaderElectionReleaseOnCancel: true,
	}
	for _, namespace := range namespaces {
		if options.Cache.DefaultNamespaces == nil {
			options.Cache.DefaultNamespaces = map[string]cache.Config{}
		}
		options.Cache.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// ReadNamespacesDirectly has a manager read Namespaces from the API server one by one. A cache of them would list all of the
// cluster, which an operator for some namespaces has no right to.
func ReadNamespacesDirectly(options *ctrl.Options) {
	options.Client.Cache.DisableFor = append(options.Client.Cache.DisableFor, &corev1.Namespace{})
}

// SetupWithManager adds the controllers to a manager. live must read from the API server, not from a cache.
func SetupWithManager(ctx context.Context, mgr ctrl.Manager, live client.Client, c Config) error {
	for _, register := range []func(context.Context, client.FieldIndexer) error{index.Register, index.RegisterActions, index.RegisterInstances} {
		if err := register(ctx, mgr.GetFieldIndexer()); err != nil {
			return err
		}
	}
	pool := c.Pool
	if pool == nil {
		pool = connection.NewPool(c.Now)
	}
	if err := mgr.Add(pool); err != nil {
		return fmt.Errorf("adding the mirrors: %w", err)
	}
	calls := connection.NewMetrics(pool)
	if err := c.Registry.Register(calls); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	recorder, err := newRecorder(ctx, mgr)
	if err != nil {
		return err
	}
	tools := reconcile.Tools{
		Client:       mgr.GetClient(),
		APIReader:    live,
		Pool:         pool,
		Recorder:     recorder,
		Failures:     logging.NewFailures(c.Now),
		Log:          mgr.GetLogger(),
		Now:          c.Now,
		ClusterID:    c.ClusterID,
		ApplyWindow:  cmp.Or(c.ApplyWindow, reconcile.DefaultApplyWindow),
		WatchSecrets: c.WatchSecrets,
	}
	pool.ObserveSyncs(syncLog{tools.Log, tools.Failures}.observe)
	instances, err := setupInstances(mgr, tools, c, calls.Observe)
	if err != nil {
		return err
	}
	if err := setupStateMetrics(ctx, mgr, pool, instances, c); err != nil {
		return err
	}
	if err := setupUsers(mgr, tools, c); err != nil {
		return err
	}
	return setupActions(mgr, tools, live, c)
}

// setupStateMetrics adds the gauges of what the objects in the cache are like.
func setupStateMetrics(ctx context.Context, mgr ctrl.Manager, pool *connection.Pool, instances *clerkinstance.Reconciler, c Config) error {
	return statemetrics.SetupWithManager(ctx, mgr, statemetrics.Config{
		Registry:        c.Registry,
		Pool:            pool,
		DefaultInstance: c.DefaultInstance,
		MayWrite:        c.MayWrite,
		KeyCheckedAt:    instances.KeyCheckedAt,
		Now:             c.Now,
	})
}

// setupInstances adds the controller of ClerkInstances.
func setupInstances(
	mgr ctrl.Manager, tools reconcile.Tools, c Config, observe connection.Observer,
) (*clerkinstance.Reconciler, error) {
	instances := clerkinstance.New(clerkinstance.Config{
		Tools:           tools,
		DefaultInstance: c.DefaultInstance,
		Hosts:           c.Hosts,
		UserAgent:       c.UserAgent,
		SecretInterval:  c.SecretInterval,
		CountInterval:   c.CountInterval,
		SecretsByRole:   c.SecretsByRole,
		MayWrite:        c.MayWrite,
		Observe:         connection.Observers(observe, audit.NewLog(mgr.GetLogger()).Observe),
	})
	return instances, instances.SetupWithManager(mgr, c.controllerOptions(1))
}

// setupUsers adds the controller of ClerkUsers.
func setupUsers(mgr ctrl.Manager, tools reconcile.Tools, c Config) error {
	metrics, err := clerkuser.NewMetrics(c.Registry, tools.Pool)
	if err != nil {
		return err
	}
	users := clerkuser.New(clerkuser.Config{
		Tools:           tools,
		Key:             c.Key,
		DefaultInstance: c.DefaultInstance,
		Metrics:         metrics,
	})
	return users.SetupWithManager(mgr, c.controllerOptions(c.Concurrency))
}

// setupActions adds the controller of ClerkUserActions.
func setupActions(mgr ctrl.Manager, tools reconcile.Tools, live client.Client, c Config) error {
	metrics, err := clerkuseraction.NewMetrics(c.Registry)
	if err != nil {
		return err
	}
	actions := clerkuseraction.New(clerkuseraction.Config{Tools: tools, SecretClient: live, Metrics: metrics})
	return actions.SetupWithManager(mgr, c.controllerOptions(c.Concurrency))
}

// controllerOptions limits the time of a reconciliation, and fills the caches of a standby before it leads.
func (c Config) controllerOptions(concurrency int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: concurrency,
		RateLimiter:             reconcile.NewQueueRateLimiter(),
		ReconciliationTimeout:   time.Minute,
		EnableWarmup:            ptr.To(true),
		NewQueue:                c.NewQueue,
	}
}
