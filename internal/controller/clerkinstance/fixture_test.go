// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

const (
	testNamespace = "platform"
	testKey       = "sk_test_UnitUnitUnitUnit"
	testID        = "ins_2Unit"
)

// start is when every test of this package begins.
var (
	start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	prod  = types.NamespacedName{Namespace: testNamespace, Name: "prod"}
)

// clock is a time that stands still until a test moves it, also while a mirror runs.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newTestInstance(change ...func(*v1alpha1.ClerkInstance)) *v1alpha1.ClerkInstance {
	instance := &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: prod.Namespace, Name: prod.Name, UID: "instance-uid", Generation: 3},
		Spec:       v1alpha1.ClerkInstanceSpec{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"}},
		Status:     v1alpha1.ClerkInstanceStatus{ObservedGeneration: -1},
	}
	for _, f := range change {
		f(instance)
	}
	return instance
}

func newTestSecret(key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "clerk"},
		Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte(key)},
	}
}

// indexer gives the operator's indexes to a fake client.
type indexer struct{ builder *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(o, field, values)
	return nil
}

// newTestReconciler returns a Reconciler on a cluster with these objects and without a Clerk.
func newTestReconciler(t *testing.T, c *clock, objects ...client.Object) *Reconciler {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.ClerkInstance{}, &v1alpha1.ClerkUser{}).WithObjects(objects...)
	if err := index.Register(t.Context(), indexer{builder}); err != nil {
		t.Fatal(err)
	}
	cluster := builder.Build()
	hosts, err := ParseAllowedHosts([]string{"api.clerk.com"})
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{
		Tools: reconcile.Tools{
			Client:    cluster,
			APIReader: cluster,
			Pool:      connection.NewPool(c.now),
			Recorder:  events.NewFakeRecorder(100),
			Now:       c.now,
			ClusterID: "cluster-1",
		},
		Hosts: hosts,
	})
}

// transport answers every call to Clerk without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answering(status int, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func silent(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func newTestClient(t *testing.T, carrier http.RoundTripper) *clerk.Client {
	t.Helper()
	now := func() time.Time { return start }
	client, err := clerk.New(clerk.Config{
		Key: clerk.NewSecret(testKey), Transport: carrier, Now: now,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 10_000, Now: now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// readError is what a call ends with when it is answered so.
func readError(t *testing.T, carrier http.RoundTripper) error {
	t.Helper()
	_, err := newTestClient(t, carrier).CountUsers(t.Context())
	if err == nil {
		t.Fatal("the call was to fail")
	}
	return err
}

func errorBody(code string) string {
	return `{"errors":[{"code":"` + code + `","message":"no","long_message":"This is not possible."}],"clerk_trace_id":"trace-0815"}`
}
