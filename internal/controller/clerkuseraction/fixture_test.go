// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

const (
	testCluster   = "cluster-1"
	testNamespace = "team-a"
)

// start is when every test of this package begins.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// fixture is an emulated Clerk, a fake cluster and a Reconciler between them, all by one clock. It is for the edges of
// single passes; what users do is told as stories, on a real API server.
type fixture struct {
	t        *testing.T
	at       time.Time
	clerk    *emulator.Instance
	url      string
	cluster  client.WithWatch
	instance *v1alpha1.ClerkInstance
	user     *v1alpha1.ClerkUser
	*Reconciler
}

func (s *fixture) now() time.Time { return s.at }

// newFixture returns a fixture in which ClerkUser ann is bound, and a ClerkInstance that allows every action.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	s := &fixture{t: t, at: start}
	server := emulator.New(emulator.Config{Now: s.now})
	s.clerk = server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}})
	listener := httptest.NewServer(contract.Enforce(t, server))
	t.Cleanup(func() { server.Close(); listener.Close() })
	s.instance = &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "default", UID: "instance-uid", Generation: 1},
		Spec:       v1alpha1.ClerkInstanceSpec{Policy: &v1alpha1.InstancePolicy{Actions: v1alpha1.ActionTypes()}},
	}
	s.user = &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "ann", UID: "ann-uid", Generation: 1}}
	seeded := s.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		PrivateMetadata: map[string]any{
			v1alpha1.OwnerKey: clerkuser.MarkOf(testCluster, s.user, v1alpha1.OriginCreated).String(),
		},
		Credentials: emulator.Credentials{Password: "quite-Long-And-1-Only", TOTPSecret: "JBSWY3DPEHPK3PXP", BackupCodes: []string{"backup-4711"}},
	})
	s.user.Status = v1alpha1.ClerkUserStatus{
		UserID: seeded.ID, Instance: &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: s.clerk.ID()},
	}
	s.cluster = newCluster(t, s.instance.DeepCopy(), s.user.DeepCopy())
	s.Reconciler = s.newReconciler(s.cluster)
	s.url = listener.URL + "/v1"
	s.budget(10_000)
	return s
}

func newCluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{}, &v1alpha1.ClerkUserAction{})
	if err := index.RegisterActions(t.Context(), indexer{builder}); err != nil {
		t.Fatal(err)
	}
	return builder.Build()
}

// indexer gives the operator's indexes to a fake client.
type indexer struct{ builder *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(o, field, values)
	return nil
}

// newReconciler returns a Reconciler that remembers nothing.
func (s *fixture) newReconciler(cluster client.Client) *Reconciler {
	s.t.Helper()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		s.t.Fatal(err)
	}
	return New(Config{
		Tools: reconcile.Tools{
			Client: cluster, APIReader: cluster, Pool: connection.NewPool(s.now), Recorder: events.NewFakeRecorder(100), Now: s.now,
			ClusterID: testCluster,
		},
		SecretClient: cluster,
		Metrics:      metrics,
	})
}

// another returns a Reconciler of another process, with the same cluster and the same Clerk.
func (s *fixture) another() *Reconciler {
	s.t.Helper()
	r := s.newReconciler(s.cluster)
	r.Pool = s.Pool
	return r
}

// budget makes the instance usable, with so many calls in ten seconds.
func (s *fixture) budget(requests int) {
	s.t.Helper()
	limiter := clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: requests, Now: s.now})
	c, err := clerk.New(clerk.Config{APIURL: s.url, Key: clerk.NewSecret(s.clerk.Key()), Now: s.now, RateLimiter: limiter})
	if err != nil {
		s.t.Fatal(err)
	}
	name := client.ObjectKeyFromObject(s.instance)
	_, mirror := s.Pool.Join(name, s.clerk.ID(), connection.Terms{})
	s.Pool.Set(name, connection.State{
		Connection: &connection.Connection{InstanceID: s.clerk.ID(), Client: c, Mirror: mirror},
		UID:        s.instance.UID, Generation: s.instance.Generation,
	})
}

// runAction stores a ClerkUserAction on ann and returns it.
func (s *fixture) runAction(set func(*v1alpha1.ClerkUserActionSpec)) *v1alpha1.ClerkUserAction {
	s.t.Helper()
	a := &v1alpha1.ClerkUserAction{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: testNamespace, Name: "action", UID: "action-uid", Generation: 1, CreationTimestamp: metav1.NewTime(start),
		},
		Spec:   v1alpha1.ClerkUserActionSpec{UserRef: v1alpha1.UserReference{Name: "ann"}},
		Status: v1alpha1.ClerkUserActionStatus{ObservedGeneration: -1},
	}
	set(&a.Spec)
	if err := s.cluster.Create(s.t.Context(), a); err != nil {
		s.t.Fatal(err)
	}
	return s.stored()
}

// reportReady gives ann's ClerkUser a condition Ready.
func (s *fixture) reportReady(status metav1.ConditionStatus, reason string) {
	s.t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := s.cluster.Get(s.t.Context(), client.ObjectKeyFromObject(s.user), user); err != nil {
		s.t.Fatal(err)
	}
	meta.SetStatusCondition(&user.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionReady, Status: status, Reason: reason})
	if err := s.cluster.Status().Update(s.t.Context(), user); err != nil {
		s.t.Fatal(err)
	}
}

// stored is the ClerkUserAction as the cluster has it.
func (s *fixture) stored() *v1alpha1.ClerkUserAction {
	s.t.Helper()
	a := &v1alpha1.ClerkUserAction{}
	if err := s.cluster.Get(s.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: "action"}, a); err != nil {
		s.t.Fatal(err)
	}
	return a
}

// reconcile makes one reconciliation of the object as it is stored.
func (s *fixture) reconcile() ctrl.Result {
	s.t.Helper()
	result, err := s.Reconcile(s.t.Context(), s.stored())
	if err != nil {
		s.t.Logf("reconcile: %v", err)
	}
	return result
}

// turned reconciles and fails unless the first condition is this one then.
func (s *fixture) turned(kind, reason string) ctrl.Result {
	s.t.Helper()
	result := s.reconcile()
	conditions := s.stored().Status.Conditions
	if len(conditions) == 0 || conditions[0].Type != kind || conditions[0].Reason != reason {
		s.t.Fatalf("the conditions are %+v, want %s %s", conditions, kind, reason)
	}
	return result
}

// wantCalls fails unless Clerk was called so often with a method.
func (s *fixture) wantCalls(want int, method, pattern string) {
	s.t.Helper()
	if got := len(s.clerk.Journal().Matching(method, pattern)); got != want {
		s.t.Errorf("%s %s was called %d times, want %d", method, pattern, got, want)
	}
}

// told empties the recorder.
func (s *fixture) told() []string {
	var all []string
	recorder := s.Recorder.(*events.FakeRecorder)
	for {
		select {
		case text := <-recorder.Events:
			all = append(all, text)
		default:
			return all
		}
	}
}

func (s *fixture) wantTold(parts ...string) {
	s.t.Helper()
	all := strings.Join(s.told(), "\n")
	for _, part := range parts {
		if !strings.Contains(all, part) {
			s.t.Errorf("told was %q, which does not name %q", all, part)
		}
	}
}

func disablesMFA(s *v1alpha1.ClerkUserActionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} }

func verifiesCode(s *v1alpha1.ClerkUserActionSpec) {
	s.VerifyTOTP = &v1alpha1.SecretValue{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "input", Key: "code"}}
}

// keepCode stores the Secret that verifiesCode names.
func (s *fixture) keepCode(code string) {
	s.t.Helper()
	err := s.cluster.Create(s.t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "input"}, Data: map[string][]byte{"code": []byte(code)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
