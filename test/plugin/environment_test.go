// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	managerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// patience is how long a test waits for what it expects.
const patience = 30 * time.Second

// clusterID is the id of the cluster in owner marks.
const clusterID = "plugin-test"

// environment is a namespace of a real API server and a Clerk of its own. start adds the operator.
type environment struct {
	t         *testing.T
	namespace string
	// client has all rights.
	client client.Client
	clerk  *emulator.Instance
	server *emulator.Server
	// url is that of Clerk's API, without /v1.
	url string
	// key is the operator's.
	key  binding.Key
	pool *connection.Pool
	// metrics are those of the operator that was started last.
	metrics *prometheus.Registry
}

var environments atomic.Int64

// newEnvironment makes an environment with a ClerkInstance named default that change may alter. Its test runs in parallel, and not with
// -short: the race detector makes an environment several times as expensive.
func newEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	if testing.Short() {
		t.Skip("one test of each command is enough with -short")
	}
	return newRaceEnvironment(t, change...)
}

// newRaceEnvironment is newEnvironment for a test that also runs with -short, and so with the race detector: one of each command, and
// those in which something ends early.
func newRaceEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	t.Parallel()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: c, key: key, server: emulator.New(emulator.Config{})}
	env.clerk = env.server.AddInstance(emulator.InstanceConfig{
		Keys:     []string{fmt.Sprintf("sk_live_plugin%d", environments.Add(1))},
		Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1},
	})
	listener := httptest.NewServer(contract.Enforce(t, env.server))
	t.Cleanup(func() { env.server.Close(); listener.Close() })
	env.url = listener.URL
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: env.clerk.Key()},
	})
	instance := env.instance("default")
	for _, f := range change {
		f(instance)
	}
	env.create(instance)
	return env
}

// instance returns a ClerkInstance to be created, with the Clerk of the environment.
func (env *environment) instance(name string) *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef:  v1alpha1.SecretKeyReference{Name: "clerk"},
			APIURL:        ptr.To(env.url + "/v1"),
			RateLimit:     &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10000)},
			Drift:         &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Second}},
			DeletionDelay: &metav1.Duration{},
		},
	}
}

// start runs the operator's controllers for the namespace, until the test ends or stop is called.
func (env *environment) start() (stop func()) {
	env.t.Helper()
	ctx, cancel := context.WithCancel(env.t.Context())
	env.pool, env.metrics = connection.NewPool(env.server.Clock().Now), prometheus.NewRegistry()
	mgr, live := env.newManager()
	hosts, err := clerkinstance.ParseAllowedHosts([]string{env.url})
	if err != nil {
		env.t.Fatal(err)
	}
	err = controller.SetupWithManager(ctx, mgr, live, controller.Config{
		ClusterID: clusterID, Key: env.key, Hosts: hosts, Concurrency: 8, SecretInterval: time.Second,
		CountInterval: 100 * time.Millisecond, ApplyWindow: 200 * time.Millisecond, UserAgent: "plugin-test",
		Registry: env.metrics, Now: env.server.Clock().Now, Pool: env.pool,
	})
	if err != nil {
		env.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := mgr.Start(ctx); err != nil {
			env.t.Errorf("the manager failed: %v", err)
		}
	}()
	stop = func() { cancel(); <-done }
	env.t.Cleanup(stop)
	return stop
}

// newManager returns a manager for the namespace, and an uncached client.
func (env *environment) newManager() (ctrl.Manager, client.Client) {
	env.t.Helper()
	options := controller.ManagerOptions(env.client.Scheme(), []string{env.namespace})
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	options.Controller = managerconfig.Controller{SkipNameValidation: ptr.To(true)}
	options.Logger = logr.Discard()
	mgr, err := ctrl.NewManager(controlplane.Config(env.t), options)
	if err != nil {
		env.t.Fatal(err)
	}
	live, err := client.New(controlplane.Config(env.t), client.Options{Scheme: env.client.Scheme(), FieldOwner: v1alpha1.FieldManager})
	if err != nil {
		env.t.Fatal(err)
	}
	return mgr, live
}

func (env *environment) create(o client.Object) {
	env.t.Helper()
	if err := env.client.Create(env.t.Context(), o); err != nil {
		env.t.Fatalf("creating %T: %v", o, err)
	}
}

// user returns a ClerkUser to be created, with an e-mail address after its name.
func (env *environment) user(name string, change ...func(*v1alpha1.ClerkUserSpec)) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Spec:       v1alpha1.ClerkUserSpec{EmailAddresses: []v1alpha1.EmailAddress{{Address: name + "@example.com"}}},
	}
	for _, f := range change {
		f(&user.Spec)
	}
	return user
}

// read returns a ClerkUser.
func (env *environment) read(name string) *v1alpha1.ClerkUser {
	env.t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, user); err != nil {
		env.t.Fatalf("reading ClerkUser %s: %v", name, err)
	}
	return user
}

// eventually waits until check returns nil, and fails with its last error.
func (env *environment) eventually(what string, check func() error) {
	env.t.Helper()
	if err := env.within(check); err != nil {
		env.t.Fatalf("waiting for %s: %v", what, err)
	}
}

// within waits until check returns nil, and returns its last error.
func (env *environment) within(check func() error) (err error) {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if err = check(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// awaitInstance waits until the ClerkInstance is Ready, and so until the operator has written its Secret's finalizer.
func (env *environment) awaitInstance() {
	env.t.Helper()
	env.eventually("the ClerkInstance", func() error {
		instance := &v1alpha1.ClerkInstance{}
		err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "default"}, instance)
		if err == nil && !meta.IsStatusConditionTrue(instance.Status.Conditions, v1alpha1.ConditionReady) {
			err = errors.New("it is not Ready")
		}
		return err
	})
}

// waitFor waits until the condition Ready of a ClerkUser has a reason.
func (env *environment) waitFor(name, reason string) {
	env.t.Helper()
	env.eventually("ClerkUser "+name, func() error {
		user := env.read(name)
		for _, c := range user.Status.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Reason == reason && user.Status.ObservedGeneration == user.Generation {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %+v, want %s", user.Status.Conditions, reason)
	})
}
