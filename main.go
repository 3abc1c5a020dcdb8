// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command manager is clerk-operator: it keeps users of Clerk as ClerkUser objects declare them.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

func main() {
	o, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	setLogger(o)
	if err := run(ctrl.SetupSignalHandler(), o); err != nil {
		ctrl.Log.Error(err, "running the manager")
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	config, err := loadConfig(o)
	if err != nil {
		return err
	}
	mgr, err := newManager(config, o)
	if err != nil {
		return err
	}
	if err := addControllers(ctx, mgr, config, o); err != nil {
		return err
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running the controllers: %w", err)
	}
	return nil
}

func newManager(config *rest.Config, o options) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsOptions(o),
		Cache: cache.Options{
			DefaultTransform:  cache.TransformStripManagedFields(),
			DefaultNamespaces: watchedNamespaces(o),
		},
		// Secrets and ConfigMaps never enter a cache: it would hold every one of the cluster.
		Client: client.Options{Cache: &client.CacheOptions{
			DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}},
		}},
		HealthProbeBindAddress:        o.healthAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              "clerk-operator",
		LeaderElectionNamespace:       o.operatorNamespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, fmt.Errorf("building the manager: %w", err)
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("adding the liveness check: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("adding the readiness check: %w", err)
	}
	return mgr, nil
}

func addControllers(ctx context.Context, mgr ctrl.Manager, config *rest.Config, o options) error {
	uncached, err := client.New(config, client.Options{Scheme: mgr.GetScheme()})
	if err != nil {
		return fmt.Errorf("building the uncached client: %w", err)
	}
	clusterID, err := findClusterID(ctx, uncached, o)
	if err != nil {
		return err
	}
	key, err := binding.EnsureKey(ctx, uncached, o.operatorNamespace)
	if err != nil {
		return err
	}
	if err := index.Register(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	pool := connection.NewPool(time.Now)
	instances := clerkinstance.New(clerkinstance.Config{
		Client:         mgr.GetClient(),
		Live:           uncached,
		Pool:           pool,
		Offices:        clerk.NewOffices(func(string) clerk.OfficeConfig { return clerk.OfficeConfig{Now: time.Now} }),
		Recorder:       mgr.GetEventRecorder("clerk-operator"),
		Now:            time.Now,
		ClusterID:      clusterID,
		Hosts:          o.hosts,
		UserAgent:      userAgent(),
		SecretInterval: o.secretInterval,
		CountInterval:  o.countInterval,
		WatchSecrets:   o.watchSecrets,
	})
	if err := instances.SetupWithManager(mgr, controllerOptions(1)); err != nil {
		return err
	}
	counted, err := clerkuser.NewMetrics(metrics.Registry)
	if err != nil {
		return err
	}
	users := clerkuser.New(clerkuser.Config{
		Client:          mgr.GetClient(),
		Live:            uncached,
		Pool:            pool,
		Recorder:        mgr.GetEventRecorder("clerk-operator"),
		Now:             time.Now,
		Key:             key,
		ClusterID:       clusterID,
		DefaultInstance: o.defaultInstance,
		Metrics:         counted,
	})
	options := controllerOptions(o.concurrency)
	options.RateLimiter = clerkuser.NewBackoff()
	return users.SetupWithManager(mgr, options)
}

// controllerOptions bounds a pass, and has a standby's caches filled before it leads.
func controllerOptions(concurrency int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: concurrency,
		ReconciliationTimeout:   time.Minute,
		EnableWarmup:            ptr.To(true),
	}
}

// findClusterID returns the id that tells this cluster from others in owner marks.
func findClusterID(ctx context.Context, c client.Client, o options) (string, error) {
	if o.clusterID != "" {
		return o.clusterID, nil
	}
	system := &corev1.Namespace{}
	if err := c.Get(ctx, types.NamespacedName{Name: "kube-system"}, system); err != nil {
		return "", fmt.Errorf("reading Namespace kube-system for the cluster's id (--cluster-id spares that): %w", err)
	}
	return string(system.UID), nil
}
