// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command manager is clerk-operator: it keeps users of Clerk as ClerkUser objects declare them.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
)

// garbagePercent is how much memory may be garbage, in percent of what is not, before it is collected. Go's own 100 suits
// programs that are always at work; this one rests most of the time and keeps a copy of every user.
const garbagePercent = 50

func main() {
	o, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	setLogger(o)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
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
	scheme, err := controller.Scheme()
	if err != nil {
		return nil, err
	}
	managerOptions := controller.ManagerOptions(scheme, o.watchNamespaces)
	managerOptions.Metrics = metricsOptions(o)
	managerOptions.HealthProbeBindAddress = o.healthAddress
	managerOptions.LeaderElection = o.leaderElect
	managerOptions.LeaderElectionID = "clerk-operator"
	managerOptions.LeaderElectionNamespace = o.operatorNamespace
	mgr, err := ctrl.NewManager(config, managerOptions)
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
	return controller.SetupWithManager(ctx, mgr, uncached, controller.Config{
		ClusterID:       clusterID,
		Key:             key,
		Hosts:           o.hosts,
		DefaultInstance: o.defaultInstance,
		Concurrency:     o.concurrency,
		SecretInterval:  o.secretInterval,
		CountInterval:   o.countInterval,
		WatchSecrets:    o.watchSecrets,
		UserAgent:       userAgent(),
		Registry:        metrics.Registry,
		Now:             time.Now,
	})
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
