// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// stage is an emulated Clerk, a fake cluster and a Reconciler between them, all by one clock. It is for the edges of
// single passes; what users do is told as stories, on a real API server.
type stage struct {
	t       *testing.T
	clock   *clock
	server  *emulator.Server
	clerk   *emulator.Instance
	cluster client.WithWatch
	url     string
	*Reconciler
}

// newStage returns a stage on which the ClerkInstance default can be used; change alters it before.
func newStage(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *stage {
	t.Helper()
	s := &stage{t: t, clock: newClock()}
	s.server = emulator.New(emulator.Config{Now: s.clock.now})
	s.clerk = s.server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}})
	listener := httptest.NewServer(contract.Enforce(t, s.server))
	t.Cleanup(func() { s.server.Close(); listener.Close() })
	instance := newTestInstance()
	for _, f := range change {
		f(instance)
	}
	s.cluster = newTestCluster(t, instance, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace, Labels: map[string]string{"team": "a"}}})
	s.url = listener.URL + "/v1"
	client, err := clerk.New(clerk.Config{
		APIURL: s.url, Key: clerk.NewSecret(s.clerk.Key()), Now: s.clock.now,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 10_000, Now: s.clock.now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Reconciler = newTestReconciler(t, s.clock)
	s.Client, s.APIReader = s.cluster, s.cluster
	s.connect(client, instanceName(instance))
	return s
}

// connect makes an instance usable.
func (s *stage) connect(client *clerk.Client, name types.NamespacedName) {
	_, shared := s.Pool.Join(name, s.clerk.ID(), connection.Terms{})
	s.Pool.Set(name, stateOf(newTestInstance(), connection.State{Connection: &connection.Connection{
		InstanceID: s.clerk.ID(), Environment: v1alpha1.EnvironmentProduction, Client: client, Mirror: shared,
	}}))
}

// stateOf makes a state one of this instance as it is.
func stateOf(instance *v1alpha1.ClerkInstance, state connection.State) connection.State {
	state.UID, state.Generation = instance.UID, instance.Generation
	return state
}

// restart gives the stage a Reconciler that remembers nothing.
func (s *stage) restart() {
	s.t.Helper()
	name := instanceName(newTestInstance())
	state, _ := s.Pool.State(name)
	config := s.Config
	config.Pool = connection.NewPool(s.clock.now)
	s.Reconciler = New(config)
	s.connect(state.Connection.Client, name)
}

func (s *stage) create(user *v1alpha1.ClerkUser) {
	s.t.Helper()
	user.ResourceVersion = ""
	status := user.Status
	if err := s.cluster.Create(s.t.Context(), user); err != nil {
		s.t.Fatal(err)
	}
	user.Status = status
	s.storeStatus(user)
}

func (s *stage) storeStatus(object client.Object) {
	s.t.Helper()
	if err := s.cluster.Status().Update(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) user(name string) *v1alpha1.ClerkUser {
	s.t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := s.cluster.Get(s.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name}, user); err != nil {
		s.t.Fatal(err)
	}
	return user
}

// edit changes an object and counts it as another generation.
func (s *stage) edit(name string, change func(*v1alpha1.ClerkUser)) {
	s.t.Helper()
	user := s.user(name)
	generation := user.Generation
	change(user)
	user.Generation = generation + 1
	status := user.Status
	if err := s.cluster.Update(s.t.Context(), user); err != nil {
		s.t.Fatal(err)
	}
	user.Status = status
	s.storeStatus(user)
}

// pass makes one pass over an object as it is stored.
func (s *stage) pass(name string) ctrl.Result {
	s.t.Helper()
	result, err := s.Reconcile(s.t.Context(), s.user(name))
	if err != nil {
		s.t.Logf("pass over %s: %v", name, err)
	}
	return result
}

// becomes makes a pass and fails unless the object has this reason then.
func (s *stage) becomes(name, reason string) ctrl.Result {
	s.t.Helper()
	result := s.pass(name)
	if ready := readyCondition(s.user(name)); ready == nil || ready.Reason != reason {
		s.t.Fatalf("ClerkUser %s is %+v, want %s", name, ready, reason)
	}
	return result
}

// delete deletes an object, which stays as long as it has a finalizer.
func (s *stage) delete(name string) {
	s.t.Helper()
	if err := s.cluster.Delete(s.t.Context(), s.user(name)); err != nil {
		s.t.Fatal(err)
	}
}

// vanishes makes a pass and fails unless the object is gone then.
func (s *stage) vanishes(name string) {
	s.t.Helper()
	s.pass(name)
	user := &v1alpha1.ClerkUser{}
	err := s.cluster.Get(s.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name}, user)
	if !apierrors.IsNotFound(err) {
		s.t.Fatalf("ClerkUser %s is still there: %+v (%v)", name, readyCondition(user), err)
	}
}

// tells empties the recorder and fails unless one event has this reason.
func (s *stage) tells(reason string) {
	s.t.Helper()
	var all []string
	for _, text := range told(s.Reconciler) {
		if strings.Fields(text)[1] == reason {
			return
		}
		all = append(all, text)
	}
	s.t.Errorf("told were %q, want %s", all, reason)
}

// atClerk returns the only user at Clerk.
func (s *stage) atClerk() *emulator.User {
	s.t.Helper()
	users := s.clerk.Users()
	if len(users) != 1 {
		s.t.Fatalf("%d users are at Clerk, want one", len(users))
	}
	return users[0]
}

// wantCalls fails unless Clerk was called so often since the journal was reset.
func (s *stage) wantCalls(want int) {
	s.t.Helper()
	if got := s.clerk.Journal(); len(got) != want {
		var all []string
		for _, e := range got {
			all = append(all, e.Method+" "+e.Path)
		}
		s.t.Errorf("Clerk was called %d times, want %d: %v", len(got), want, all)
	}
}

// braked gives the instance a deletion brake.
func braked(maxCount int32) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: &maxCount, Window: &metav1.Duration{Duration: 10 * time.Minute}}
	}
}

func deletes(policy v1alpha1.DeletionPolicy) func(*v1alpha1.ClerkUser) {
	return func(u *v1alpha1.ClerkUser) { u.Spec.DeletionPolicy = ptr.To(policy) }
}

// quiet returns a Recorder's room to a stage that makes many passes.
func (s *stage) quiet() { s.Recorder = events.NewFakeRecorder(10_000) }
