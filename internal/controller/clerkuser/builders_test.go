// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// indexer gives the operator's indexes to a fake client.
type indexer struct{ builder *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(o, field, values)
	return nil
}

func newTestCluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{})
	for _, register := range []func(context.Context, client.FieldIndexer) error{index.Register, index.RegisterInstances} {
		if err := register(t.Context(), indexer{builder}); err != nil {
			t.Fatal(err)
		}
	}
	return builder.Build()
}

func newTestQueue(t *testing.T) reconcile.Queue {
	t.Helper()
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	t.Cleanup(q.ShutDown)
	return q
}

const (
	testCluster    = "cluster-1"
	testNamespace  = "team-a"
	testInstanceID = "ins_2Unit"
	testUserID     = "user_2Unit"
	testKey        = "sk_test_UnitUnitUnitUnit"
)

// start is the time at which every test of this package begins.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// clock is a time that stands still until a test advances it.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{at: start} }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

// newTestReconciler returns a Reconciler that has no API server.
func newTestReconciler(t *testing.T, c *clock) *Reconciler {
	t.Helper()
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	pool := connection.NewPool(c.now)
	metrics, err := NewMetrics(prometheus.NewRegistry(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{
		Tools: reconcile.Tools{
			Pool:      pool,
			Recorder:  events.NewFakeRecorder(100),
			Now:       c.now,
			ClusterID: testCluster,
		},
		Key:     key,
		Metrics: metrics,
	})
}

func newTestUser(name string, change ...func(*v1alpha1.ClerkUser)) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: testNamespace, Name: name, UID: types.UID(name + "-uid"), Generation: 1, ResourceVersion: "100",
			CreationTimestamp: metav1.NewTime(start),
		},
		Spec: v1alpha1.ClerkUserSpec{
			EmailAddresses: []v1alpha1.EmailAddress{{Address: name + "@example.com"}},
		},
		Status: v1alpha1.ClerkUserStatus{ObservedGeneration: -1},
	}
	for _, f := range change {
		f(user)
	}
	return user
}

func newTestInstance() *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "default", UID: "instance-uid", Generation: 1},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"}, DeletionDelay: &metav1.Duration{},
		},
	}
}

// newTestReconciliation returns a reconciliation of a user with a ready instance.
func newTestReconciliation(t *testing.T, r *Reconciler, user *v1alpha1.ClerkUser) *reconciliation {
	t.Helper()
	rec := r.newReconciliation(user, r.objects.begin(user.UID))
	rec.instance = newTestInstance()
	_, shared := r.Pool.Join(instanceName(rec.instance), testInstanceID, connection.Terms{})
	rec.instanceID, rec.mirror = testInstanceID, shared
	return rec
}

// fillConditions fills in the conditions of an object for a result.
func fillConditions(user *v1alpha1.ClerkUser, res result) {
	suspended := res.Reason == v1alpha1.ReasonSuspended
	(&reconciliation{object: object{user: user}, outcome: outcome{suspended: suspended}}).fillConditions(res)
}

// startReconciliation returns a reconciliation that has just begun.
func startReconciliation(t *testing.T, user *v1alpha1.ClerkUser) *reconciliation {
	t.Helper()
	r := newTestReconciler(t, newClock())
	return r.newReconciliation(user, r.objects.begin(user.UID))
}

// stepsOf returns the steps of a Reconciler.
func stepsOf(r *Reconciler) kind { return kind{r} }

// withoutRights is a reconciliation without rights at Clerk.
func withoutRights(rec *reconciliation) *work { return &work{reconciliation: rec} }

// withRights is a reconciliation with all rights that a client has.
func withRights(rec *reconciliation, client *clerk.Client) *work {
	return &work{reconciliation: rec, rights: (&connection.Connection{Client: client}).For(rec.caller())}
}

// clerkUser returns a user as Clerk shows one, with a verified e-mail address.
func clerkUser(address string, change ...func(*clerk.User)) *clerk.User {
	user := &clerk.User{
		ID:              testUserID,
		EmailAddresses:  []clerk.EmailAddress{{ID: "idn_2Unit", Address: address, Status: clerk.Verified}},
		PublicMetadata:  clerk.Metadata{},
		PrivateMetadata: clerk.Metadata{},
		UnsafeMetadata:  clerk.Metadata{},
	}
	for _, f := range change {
		f(user)
	}
	return user
}

// withMark adds the owner mark of a ClerkUser to a user at Clerk.
func withMark(m plan.Mark) func(*clerk.User) {
	return func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = m.String() }
}

// markOf returns the mark of a ClerkUser of the cluster under test.
func markOf(user *v1alpha1.ClerkUser, origin v1alpha1.Origin) plan.Mark {
	return plan.Mark{Cluster: testCluster, Namespace: user.Namespace, Name: user.Name, UID: string(user.UID), Origin: origin}
}

// transport answers every call to Clerk in the same way, without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answeringTransport(status int, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func failingTransport(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func newTestClient(t *testing.T, carrier http.RoundTripper) *clerk.Client {
	t.Helper()
	client, err := clerk.New(clerk.Config{
		Key: clerk.NewSecret(testKey), Transport: carrier, Now: func() time.Time { return start },
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 10_000, Now: func() time.Time { return start }}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// readError is the error of a read at Clerk with this transport.
func readError(t *testing.T, carrier http.RoundTripper) error {
	t.Helper()
	_, err := newTestClient(t, carrier).User(t.Context(), testUserID)
	if err == nil {
		t.Fatal("the call was to fail")
	}
	return err
}

// writeError is the error of a write at Clerk with this transport.
func writeError(t *testing.T, carrier http.RoundTripper) error {
	t.Helper()
	_, err := newTestClient(t, carrier).UpdateUser(t.Context(), testUserID, clerk.UpdateUserParams{FirstName: ptr.To(leakMarker)})
	if err == nil {
		t.Fatal("the call was to fail")
	}
	return err
}

// leakMarker is a value of a spec that must not appear in anything that people read.
const leakMarker = "Confidential-Name"

// errorBody is an error body from Clerk. Its message repeats what was sent, as Clerk's sometimes do.
func errorBody(code, param string) string {
	return `{"errors":[{"code":"` + code + `","message":"no","long_message":"` + leakMarker + ` is not possible","meta":{"param_name":"` + param + `"}}],` +
		`"clerk_trace_id":"trace-0815"}`
}
