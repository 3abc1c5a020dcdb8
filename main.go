// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command manager is clerk-operator: it keeps users of Clerk as ClerkUser objects declare them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/requirements"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/options"
	"github.com/clerk-operator/clerk-operator/internal/requestpath"
	"github.com/clerk-operator/clerk-operator/internal/roots"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

// garbagePercent is how much memory may be garbage, in percent of live memory, before it is collected. Go's default of
// 100 suits programs that are always busy; this one is idle most of the time and keeps a copy of every user.
const garbagePercent = 25

// exitUsage is the exit code after a wrong command line.
const exitUsage = 2

func main() {
	o, err := options.Parse(os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	case o.ShowVersion:
		fmt.Fprintln(os.Stdout, version.Get())
		return
	}
	ctx := ctrl.SetupSignalHandler()
	setLogger(ctx, o, time.Now)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if err := run(ctx, o); err != nil {
		ctrl.Log.Error(err, "the manager failed")
		os.Exit(1)
	}
}

func run(ctx context.Context, o options.Options) error {
	if err := roots.Check(); err != nil {
		return err
	}
	config, err := loadConfig(o)
	if err != nil {
		return err
	}
	self, err := prepare(ctx, config, o)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // It was told to end while it waited for the cluster.
	}
	if err != nil {
		return err
	}
	mgr, guard, err := newManager(config, o)
	if err != nil {
		return err
	}
	if err := addControllers(ctx, mgr, guard, self, o); err != nil {
		return err
	}
	if err := runManager(ctx, mgr); err != nil {
		return fmt.Errorf("running the controllers: %w", err)
	}
	return nil
}

// newManager returns a manager, and the guard of its lease, which is nil without leader election. All writes of the
// manager and its controllers to the API server go through the guard.
func newManager(config *rest.Config, o options.Options) (ctrl.Manager, *lease.Guard, error) {
	if err := version.Register(metrics.Registry, version.Get()); err != nil {
		return nil, nil, err
	}
	scheme, err := controller.Scheme()
	if err != nil {
		return nil, nil, err
	}
	managerOptions := controller.ManagerOptions(scheme, o.WatchNamespaces)
	if len(o.WatchNamespaces) > 0 {
		controller.ReadNamespacesDirectly(&managerOptions)
	}
	managerOptions.Metrics = metricsOptions(config, o, time.Now)
	managerOptions.HealthProbeBindAddress = o.HealthAddress
	state, err := newWatches(config, scheme, o)
	if err != nil {
		return nil, nil, err
	}
	state.Observe(&managerOptions.Cache)
	var guard *lease.Guard
	if o.LeaderElect {
		if guard, err = lease.Elect(&managerOptions, config, o.OperatorNamespace, o.LeaseTimings); err != nil {
			return nil, nil, err
		}
	}
	mgr, err := ctrl.NewManager(requestpath.Note(guarded(config, guard)), managerOptions)
	if err != nil {
		return nil, nil, fmt.Errorf("building the manager: %w", err)
	}
	if guard != nil {
		if err := mgr.Add(guard); err != nil {
			return nil, nil, fmt.Errorf("adding the guard of the lease: %w", err)
		}
	}
	return mgr, guard, addHealthChecks(mgr, guard, state)
}

// newWatches returns the state of the cache's lists and watches.
func newWatches(config *rest.Config, scheme *runtime.Scheme, o options.Options) (*watches.Watches, error) {
	var gone func(ctx context.Context, namespace string) bool
	if len(o.WatchNamespaces) > 0 {
		var err error
		if gone, err = requirements.NamespaceIsGone(config); err != nil {
			return nil, err
		}
	}
	return watches.New(watches.Config{
		Scheme:    scheme,
		Kinds:     controller.WatchedKinds(),
		Registry:  metrics.Registry,
		Logger:    ctrl.Log.WithName("watches"),
		Tolerance: watches.DefaultTolerance,
		Gone:      gone,
		Now:       time.Now,
	})
}

// guarded returns a config whose clients write only while this process is the leader. Without a guard it returns the
// config unchanged.
func guarded(config *rest.Config, guard *lease.Guard) *rest.Config {
	if guard == nil {
		return config
	}
	config = rest.CopyConfig(config)
	config.Wrap(guard.Transport)
	return config
}

func addControllers(ctx context.Context, mgr ctrl.Manager, guard *lease.Guard, self identity, o options.Options) error {
	uncached, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), FieldOwner: v1alpha1.FieldManager})
	if err != nil {
		return fmt.Errorf("building the uncached client: %w", err)
	}
	var mayWrite func() error
	if guard != nil {
		mayWrite = guard.Check
	}
	return controller.SetupWithManager(ctx, mgr, uncached, controller.Config{
		MayWrite:        mayWrite,
		ClusterID:       self.clusterID,
		Key:             self.key,
		Hosts:           o.Hosts,
		DefaultInstance: o.DefaultInstance,
		Concurrency:     o.Concurrency,
		SecretInterval:  o.SecretInterval,
		CountInterval:   o.CountInterval,
		WatchSecrets:    o.WatchSecrets,
		SecretsByRole:   len(o.WatchNamespaces) > 0,
		UserAgent:       version.Get().UserAgent(),
		Registry:        metrics.Registry,
		Now:             time.Now,
	})
}
