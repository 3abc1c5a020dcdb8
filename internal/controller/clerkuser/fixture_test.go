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

// removeMark removes the owner mark as an application that replaces metadata does.
func (f *fixture) removeMark() {
	f.t.Helper()
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{} }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) editInstance(change func(*v1alpha1.ClerkInstance)) {
	f.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := f.cluster.Get(f.t.Context(), instanceName(newTestInstance()), instance); err != nil {
		f.t.Fatal(err)
	}
	change(instance)
	if err := f.cluster.Update(f.t.Context(), instance); err != nil {
		f.t.Fatal(err)
	}
}

// fixture has an emulated Clerk, a fake cluster and a Reconciler, all with one clock. It is for the edges of single
// reconciliations. Stories cover what users do, with a real API server.
type fixture struct {
	t       *testing.T
	clock   *clock
	server  *emulator.Server
	clerk   *emulator.Instance
	cluster client.WithWatch
	url     string
	*Reconciler
}

// newFixture returns a fixture whose ClerkInstance default is ready; change alters it before.
func newFixture(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: newClock()}
	f.server = emulator.New(emulator.Config{Now: f.clock.now})
	f.clerk = f.server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}})
	listener := httptest.NewServer(contract.Enforce(t, f.server))
	t.Cleanup(func() { f.server.Close(); listener.Close() })
	instance := newTestInstance()
	for _, f := range change {
		f(instance)
	}
	f.cluster = newTestCluster(t, instance, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace, Labels: map[string]string{"team": "a"}}})
	f.url = listener.URL + "/v1"
	client, err := clerk.New(clerk.Config{
		APIURL: f.url, Key: clerk.NewSecret(f.clerk.Key()), Now: f.clock.now,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 10_000, Now: f.clock.now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Reconciler = newTestReconciler(t, f.clock)
	f.Client, f.APIReader = f.cluster, f.cluster
	f.connect(client, instanceName(instance))
	return f
}

// connect makes an instance ready.
func (f *fixture) connect(client *clerk.Client, name types.NamespacedName) {
	_, shared := f.Pool.Join(name, f.clerk.ID(), connection.Terms{})
	f.Pool.Set(name, stateOf(newTestInstance(), connection.State{Connection: &connection.Connection{
		InstanceID: f.clerk.ID(), Environment: v1alpha1.EnvironmentProduction, Client: client, Mirror: shared,
	}}))
}

// stateOf sets a state to the current version of this instance.
func stateOf(instance *v1alpha1.ClerkInstance, state connection.State) connection.State {
	state.UID, state.Generation = instance.UID, instance.Generation
	return state
}

// restart gives the fixture a Reconciler without remembered state.
func (f *fixture) restart() {
	f.t.Helper()
	name := instanceName(newTestInstance())
	state, _ := f.Pool.State(name)
	config := f.Config
	config.Pool = connection.NewPool(f.clock.now)
	f.Reconciler = New(config)
	f.connect(state.Connection.Client, name)
}

func (f *fixture) create(user *v1alpha1.ClerkUser) {
	f.t.Helper()
	user.ResourceVersion = ""
	status := user.Status
	if err := f.cluster.Create(f.t.Context(), user); err != nil {
		f.t.Fatal(err)
	}
	user.Status = status
	f.storeStatus(user)
}

func (f *fixture) storeStatus(object client.Object) {
	f.t.Helper()
	if err := f.cluster.Status().Update(f.t.Context(), object); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) user(name string) *v1alpha1.ClerkUser {
	f.t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := f.cluster.Get(f.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name}, user); err != nil {
		f.t.Fatal(err)
	}
	return user
}

// edit changes an object and increments its generation.
func (f *fixture) edit(name string, change func(*v1alpha1.ClerkUser)) {
	f.t.Helper()
	user := f.user(name)
	generation := user.Generation
	change(user)
	user.Generation = generation + 1
	status := user.Status
	if err := f.cluster.Update(f.t.Context(), user); err != nil {
		f.t.Fatal(err)
	}
	user.Status = status
	f.storeStatus(user)
}

// reconcile reconciles an object as it is stored.
func (f *fixture) reconcile(name string) ctrl.Result {
	f.t.Helper()
	result, err := f.Reconcile(f.t.Context(), f.user(name))
	if err != nil {
		f.t.Logf("reconciling %s: %v", name, err)
	}
	return result
}

// expectReason reconciles and fails unless the condition Ready has this reason then.
func (f *fixture) expectReason(name, reason string) ctrl.Result {
	f.t.Helper()
	result := f.reconcile(name)
	if ready := readyCondition(f.user(name)); ready == nil || ready.Reason != reason {
		f.t.Fatalf("ClerkUser %s is %+v, want %s", name, ready, reason)
	}
	return result
}

// delete deletes an object, which stays as long as it has a finalizer.
func (f *fixture) delete(name string) {
	f.t.Helper()
	if err := f.cluster.Delete(f.t.Context(), f.user(name)); err != nil {
		f.t.Fatal(err)
	}
}

// expectGone reconciles and fails unless the object is gone then.
func (f *fixture) expectGone(name string) {
	f.t.Helper()
	f.reconcile(name)
	user := &v1alpha1.ClerkUser{}
	err := f.cluster.Get(f.t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name}, user)
	if !apierrors.IsNotFound(err) {
		f.t.Fatalf("ClerkUser %s is still there: %+v (%v)", name, readyCondition(user), err)
	}
}

// expectEvent empties the recorder and fails unless one event has this reason.
func (f *fixture) expectEvent(reason string) {
	f.t.Helper()
	var all []string
	for _, text := range recordedEvents(f.Reconciler) {
		if strings.Fields(text)[1] == reason {
			return
		}
		all = append(all, text)
	}
	f.t.Errorf("events were %q, want %s", all, reason)
}

// onlyUser returns the only user at Clerk.
func (f *fixture) onlyUser() *emulator.User {
	f.t.Helper()
	users := f.clerk.Users()
	if len(users) != 1 {
		f.t.Fatalf("%d users are at Clerk, want one", len(users))
	}
	return users[0]
}

// expectCalls fails unless Clerk was called this often since the journal was reset.
func (f *fixture) expectCalls(want int) {
	f.t.Helper()
	if got := f.clerk.Journal(); len(got) != want {
		var all []string
		for _, e := range got {
			all = append(all, e.Method+" "+e.Path)
		}
		f.t.Errorf("Clerk was called %d times, want %d: %v", len(got), want, all)
	}
}

// withBrake gives the instance a deletion brake.
func withBrake(maxCount int32) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: &maxCount, Window: &metav1.Duration{Duration: 10 * time.Minute}}
	}
}

func withDeletionPolicy(policy v1alpha1.DeletionPolicy) func(*v1alpha1.ClerkUser) {
	return func(u *v1alpha1.ClerkUser) { u.Spec.DeletionPolicy = ptr.To(policy) }
}

// discardEvents gives the fixture a recorder with room for the events of many reconciliations.
func (f *fixture) discardEvents() { f.Recorder = events.NewFakeRecorder(10_000) }

// limitRate gives the fixture a budget that is smaller than the work.
func (f *fixture) limitRate(requestsPer10s int) {
	f.t.Helper()
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	client, err := clerk.New(clerk.Config{
		APIURL: f.url, Key: clerk.NewSecret(f.clerk.Key()), Now: f.clock.now,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: requestsPer10s, Now: f.clock.now}),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	state.Connection.Client = client
}
