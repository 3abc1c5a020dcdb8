// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

// patience is how long the operator has to begin to lead.
const patience = time.Minute

// gather returns the metrics of an operator that waits for the lease, and then of one that leads and uses the sample instances.
func gather(ctx context.Context) (standby, leader []*dto.MetricFamily, err error) {
	registry := prometheus.NewPedanticRegistry()
	scheme, err := controller.Scheme()
	if err != nil {
		return nil, nil, err
	}
	mgr, err := newManager(scheme)
	if err != nil {
		return nil, nil, err
	}
	pool := connection.NewPool(time.Now)
	if err := register(ctx, mgr, registry, pool); err != nil {
		return nil, nil, err
	}
	if standby, err = registry.Gather(); err != nil {
		return nil, nil, fmt.Errorf("gathering the metrics of a standby: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	select {
	case <-mgr.Elected():
	case err := <-ended:
		return nil, nil, errors.Join(errors.New("the operator does not begin to lead"), err)
	}
	for _, s := range samples() {
		pool.Join(client.ObjectKeyFromObject(s.instance), s.instance.Status.InstanceID, connection.Terms{})
	}
	if leader, err = registry.Gather(); err != nil {
		return nil, nil, fmt.Errorf("gathering the metrics of a leader: %w", err)
	}
	return standby, leader, nil
}

// register registers all metrics that the operator has.
func register(ctx context.Context, mgr ctrl.Manager, registry prometheus.Registerer, pool *connection.Pool) error {
	if err := version.Register(registry, version.Info{}); err != nil {
		return err
	}
	_, err := watches.New(watches.Config{Scheme: mgr.GetScheme(), Kinds: controller.WatchedKinds(), Registry: registry, Now: time.Now})
	if err != nil {
		return err
	}
	return controller.SetupWithManager(ctx, mgr, mgr.GetClient(), controller.Config{
		ClusterID: "cluster", Concurrency: 1, Now: time.Now, Registry: registry, Pool: pool,
	})
}

// newManager returns a manager whose cache has the samples and needs no cluster.
func newManager(scheme *runtime.Scheme) (ctrl.Manager, error) {
	mapper := meta.NewDefaultRESTMapper(nil)
	for kind := range scheme.AllKnownTypes() {
		mapper.Add(kind, meta.RESTScopeNamespace)
	}
	var objects []client.Object
	for _, s := range samples() {
		objects = append(objects, s.instance, s.user)
	}
	stored := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(objects...).Build()
	options := controller.ManagerOptions(scheme, nil)
	options.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper, nil }
	options.Metrics.BindAddress = "0"
	options.Controller.SkipNameValidation = ptr.To(true)
	options.NewClient = func(*rest.Config, client.Options) (client.Client, error) { return stored, nil }
	options.NewCache = func(*rest.Config, cache.Options) (cache.Cache, error) {
		return sampleCache{&informertest.FakeInformers{Scheme: scheme}, stored}, nil
	}
	mgr, err := ctrl.NewManager(&rest.Config{Host: "http://127.0.0.1:1"}, options)
	if err != nil {
		return nil, fmt.Errorf("building the manager: %w", err)
	}
	return mgr, nil
}

// sampleCache is a cache that has the samples and does not watch.
type sampleCache struct {
	*informertest.FakeInformers

	client.Reader
}

// Get reads a sample.
func (c sampleCache) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	return c.Reader.Get(ctx, key, into, options...)
}

// List reads samples.
func (c sampleCache) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	return c.Reader.List(ctx, into, options...)
}
