// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
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
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

// patience is how long the operator has to begin to lead, and tick how often it is asked.
const (
	patience = time.Minute
	tick     = 10 * time.Millisecond
)

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
	if err := addSamples(ctx, mgr, pool); err != nil {
		return nil, nil, err
	}
	leader, err = lead(ctx, mgr, registry)
	return standby, leader, err
}

// lead starts the manager, and returns its metrics when it leads.
func lead(ctx context.Context, mgr ctrl.Manager, registry *prometheus.Registry) ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	for {
		families, err := registry.Gather()
		if err != nil {
			return nil, fmt.Errorf("gathering the metrics of a leader: %w", err)
		}
		if leads(families) {
			return families, nil
		}
		select {
		case err := <-ended:
			return nil, errors.Join(errors.New("the operator does not begin to lead"), err)
		case <-time.After(tick):
		}
	}
}

// leads reports whether the metrics are those of a leader.
func leads(families []*dto.MetricFamily) bool {
	return slices.ContainsFunc(families, func(f *dto.MetricFamily) bool {
		return f.GetName() == prefix+"leader" && f.GetMetric()[0].GetGauge().GetValue() == 1
	})
}

// addSamples has the pool use the samples' Clerk instances, and the cache deliver the samples.
func addSamples(ctx context.Context, mgr ctrl.Manager, pool *connection.Pool) error {
	for _, s := range samples() {
		if id := s.instance.Status.InstanceID; id != "" {
			pool.Join(client.ObjectKeyFromObject(s.instance), id, connection.Terms{})
		}
		for _, o := range []client.Object{s.instance, s.user} {
			informer, err := mgr.GetCache().GetInformer(ctx, o)
			if err != nil {
				return fmt.Errorf("getting the cache of %T: %w", o, err)
			}
			fake, ok := informer.(*controllertest.FakeInformer)
			if !ok {
				return fmt.Errorf("the cache of %T is a %T", o, informer)
			}
			fake.Add(o)
		}
	}
	return nil
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
		return &sampleCache{FakeInformers: &informertest.FakeInformers{Scheme: scheme}, stored: stored}, nil
	}
	mgr, err := ctrl.NewManager(&rest.Config{Host: "http://127.0.0.1:1"}, options)
	if err != nil {
		return nil, fmt.Errorf("building the manager: %w", err)
	}
	return mgr, nil
}

// sampleCache is a cache that has the samples and does not watch. It is safe for concurrent use, which FakeInformers are not.
type sampleCache struct {
	*informertest.FakeInformers

	stored client.Reader
	mu     sync.Mutex
}

// Get reads a sample.
func (c *sampleCache) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	return c.stored.Get(ctx, key, into, options...)
}

// List reads samples.
func (c *sampleCache) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	return c.stored.List(ctx, into, options...)
}

// GetInformer returns an informer that delivers what is added to it.
func (c *sampleCache) GetInformer(ctx context.Context, o client.Object, options ...cache.InformerGetOption) (cache.Informer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.FakeInformers.GetInformer(ctx, o, options...)
}
