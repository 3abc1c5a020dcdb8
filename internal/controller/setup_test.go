// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

func TestCacheOfSecretsKeepsWhatNamesAVersion(t *testing.T) {
	t.Parallel()
	kept := metav1.ObjectMeta{Namespace: "team-a", Name: "clerk", UID: "uid", ResourceVersion: "7"}
	full := kept
	full.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": `{"data":{"secret-key":"c2VjcmV0"}}`}
	full.Labels = map[string]string{"password": "hunter2"}
	full.OwnerReferences = []metav1.OwnerReference{{Name: "owner"}}
	full.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	full.Finalizers = []string{"f"}
	full.CreationTimestamp = metav1.Now()
	typeMeta := metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}

	got, err := newTransform().keepNameOnly(&metav1.PartialObjectMetadata{TypeMeta: typeMeta, ObjectMeta: full})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&metav1.PartialObjectMetadata{TypeMeta: typeMeta, ObjectMeta: kept}, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for _, other := range []any{&corev1.ConfigMap{ObjectMeta: full}, "text", nil} {
		if got, err := newTransform().keepNameOnly(other); err != nil || !cmp.Equal(got, other) {
			t.Errorf("keepNameOnly(%T) = %v, %v; want it as it was", other, got, err)
		}
	}
}

func TestSchemeKnowsOurKindsAndTheirSecrets(t *testing.T) {
	t.Parallel()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range []client.Object{
		&v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{}, &corev1.Secret{}, &corev1.ConfigMap{}, &corev1.Namespace{},
	} {
		if _, _, err := scheme.ObjectKinds(object); err != nil {
			t.Errorf("%T: %v", object, err)
		}
	}
}

func TestManagerOptions(t *testing.T) {
	t.Parallel()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	all := ManagerOptions(scheme, nil)
	if all.Cache.DefaultNamespaces != nil {
		t.Errorf("without a list, namespaces are restricted to %v", all.Cache.DefaultNamespaces)
	}
	some := ManagerOptions(scheme, []string{"team-a", "team-b"})
	if len(some.Cache.DefaultNamespaces) != 2 {
		t.Errorf("watched are %v, want two namespaces", some.Cache.DefaultNamespaces)
	}
	uncached := map[string]bool{}
	for _, object := range some.Client.Cache.DisableFor {
		kinds, _, err := scheme.ObjectKinds(object)
		if err != nil {
			t.Fatal(err)
		}
		uncached[kinds[0].Kind] = true
	}
	if !uncached["Secret"] || !uncached["ConfigMap"] {
		t.Errorf("not cached are %v, want Secrets and ConfigMaps among them", uncached)
	}
	if !some.LeaderElectionReleaseOnCancel {
		t.Error("a replica that stops keeps the lease until it runs out")
	}
	for object, how := range some.Cache.ByObject {
		if _, ok := object.(*metav1.PartialObjectMetadata); !ok {
			continue
		}
		stripped, err := how.Transform(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"b": "c"}}})
		if metadata, ok := stripped.(*metav1.PartialObjectMetadata); err != nil || !ok || metadata.Labels != nil {
			t.Errorf("%s is cached with its labels (%v)", object.GetObjectKind().GroupVersionKind(), err)
		}
	}
}

// offlineManager returns a manager that knows the kinds without an API server.
func offlineManager(t *testing.T) ctrl.Manager {
	t.Helper()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	for kind := range scheme.AllKnownTypes() {
		mapper.Add(kind, meta.RESTScopeNamespace)
	}
	options := ManagerOptions(scheme, nil)
	options.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper, nil }
	options.Metrics.BindAddress = "0"
	options.Controller.SkipNameValidation = ptr.To(true)
	mgr, err := ctrl.NewManager(&rest.Config{Host: "http://127.0.0.1:1"}, options)
	if err != nil {
		t.Fatal(err)
	}
	return mgr
}

func TestSetupRegistersMetricsOnce(t *testing.T) {
	t.Parallel()
	config := Config{
		ClusterID: "cluster-1", Concurrency: 2, Now: time.Now, Registry: prometheus.NewPedanticRegistry(), WatchSecrets: true,
	}
	mgr := offlineManager(t)
	if err := SetupWithManager(t.Context(), mgr, mgr.GetClient(), config); err != nil {
		t.Fatal(err)
	}
	if err := config.Registry.Register(connection.NewMetrics(connection.NewPool(time.Now))); err == nil {
		t.Error("the metrics of the mirrors are not registered")
	}
	err := SetupWithManager(t.Context(), offlineManager(t), mgr.GetClient(), config)
	if err == nil || !strings.Contains(err.Error(), "registering metrics") {
		t.Errorf("a second set of metrics under the same names: %v", err)
	}
}

func TestCallerMayGiveThePoolAndTheQueues(t *testing.T) {
	t.Parallel()
	registry, pool := prometheus.NewPedanticRegistry(), connection.NewPool(time.Now)
	config := Config{Concurrency: 2, Now: time.Now, Registry: registry, Pool: pool, NewQueue: func(
		string, workqueue.TypedRateLimiter[ctrl.Request],
	) workqueue.TypedRateLimitingInterface[ctrl.Request] {
		return nil
	}}
	mgr := offlineManager(t)
	if err := SetupWithManager(t.Context(), mgr, mgr.GetClient(), config); err != nil {
		t.Fatal(err)
	}
	pool.Join(types.NamespacedName{Name: "default"}, "ins_1", connection.Terms{})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == "clerk_operator_mirror_stale" }) {
		t.Error("the pool is not the caller's")
	}
	if config.controllerOptions(1).NewQueue == nil {
		t.Error("the queues are not those of the caller")
	}
}

func TestReconciliationsAreBounded(t *testing.T) {
	t.Parallel()
	options := Config{}.controllerOptions(7)
	if options.MaxConcurrentReconciles != 7 || options.ReconciliationTimeout != time.Minute || options.EnableWarmup == nil || !*options.EnableWarmup {
		t.Errorf("options are %+v", options)
	}
}
