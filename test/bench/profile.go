// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	managerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
)

// concurrency is the binary's default.
const concurrency = 32

// startInside runs the operator inside this process, as its binary does, so that it can be profiled.
func (env *environment) startInside(ctx context.Context) (*operator, error) {
	ctx, cancel := context.WithCancel(ctx)
	mgr, err := env.newManager(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan struct{})
	var ended error
	go func() {
		defer close(done)
		ended = mgr.Start(ctx)
	}()
	wait := func() error { <-done; return ended }
	return &operator{pid: os.Getpid(), wait: wait, kill: func() error { cancel(); return wait() }}, nil
}

func (env *environment) newManager(ctx context.Context) (ctrl.Manager, error) {
	config := env.plane.Config()
	options := controller.ManagerOptions(env.client.Scheme(), nil)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	options.Controller = managerconfig.Controller{SkipNameValidation: ptr.To(true)}
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, fmt.Errorf("building the manager: %w", err)
	}
	live, err := client.New(config, client.Options{Scheme: env.client.Scheme()})
	if err != nil {
		return nil, fmt.Errorf("building the uncached client: %w", err)
	}
	key, err := binding.EnsureKey(ctx, live, operatorNamespace)
	if err != nil {
		return nil, err
	}
	hosts, err := clerkinstance.ParseAllowedHosts([]string{"http://" + env.listener.Address()})
	if err != nil {
		return nil, err
	}
	return mgr, controller.SetupWithManager(ctx, mgr, live, controller.Config{
		ClusterID: "bench", Key: key, Hosts: hosts, Concurrency: concurrency,
		UserAgent: "bench", Registry: prometheus.NewRegistry(), Now: time.Now,
	})
}

// startProfile profiles a phase, if requested, until the returned func is called.
func (env *environment) startProfile(phase string) (func() error, error) {
	if env.profile == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(env.profile, 0o755); err != nil {
		return nil, fmt.Errorf("making room for profiles: %w", err)
	}
	name := filepath.Join(env.profile, fmt.Sprintf("%d-%s", env.size, phase))
	cpu, err := os.Create(name + ".cpu")
	if err != nil {
		return nil, fmt.Errorf("writing a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(fmt.Errorf("profiling: %w", err), cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(cpu.Close(), writeHeap(name+".heap"))
	}, nil
}

// writeHeap writes a heap profile.
func writeHeap(path string) error {
	heap, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing a profile: %w", err)
	}
	runtime.GC()
	if err := pprof.WriteHeapProfile(heap); err != nil {
		return errors.Join(fmt.Errorf("writing a profile: %w", err), heap.Close())
	}
	return heap.Close()
}
