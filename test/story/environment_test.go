// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
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
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/test/contract"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// patience is how long a story waits for what it expects.
const patience = 30 * time.Second

// Between two checks of what it expects, a story pauses for longer and longer: stories are many, and their API server is one.
const (
	shortPause = 10 * time.Millisecond
	longPause  = 80 * time.Millisecond
)

// driftInterval is the interval of incremental syncs in stories.
const driftInterval = time.Second

// environment is a namespace of a real API server, a Clerk of its own, and the operator between them.
type environment struct {
	t         *testing.T
	namespace string
	client    client.WithWatch
	clerk     *emulator.Instance
	server    *emulator.Server
	url       string
	key       binding.Key
	clusterID string

	// admin is how the story reaches the API server, config is how the operator does; requests are what it asked. watched are the
	// namespaces it works in.
	admin, config *rest.Config
	requests      *requests
	watched       []string
	logger        logr.Logger
	// infos is what the operator has logged at info; metrics is what it counted.
	infos   *safeBuffer
	metrics *prometheus.Registry
	// tune changes how the operator is started; nil leaves it.
	tune func(*controller.Config)
	// withOptions changes the options of its manager; nil leaves them.
	withOptions func(*ctrl.Options)

	// operators are those that run, for all views of this environment.
	operators *operators

	stop context.CancelFunc
	done chan struct{}
	// cutOff keeps the operator from the API server, and disconnect closes all connections to Clerk. While cut is true, Clerk
	// cannot be reached.
	cutOff, disconnect func()
	cut                *atomic.Bool
}

// environments counts them, because their keys must differ.
var environments atomic.Int64

// newEnvironment makes an environment without an operator and with a ClerkInstance default that change may alter. Its story runs
// in parallel.
func newEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	t.Parallel()
	return newSerialEnvironment(t, change...)
}

func newSerialEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	return newEnvironmentIn(t, controlplane.Config(t), controlplane.Namespace(t), change...)
}

// newEnvironmentIn makes an environment in a namespace of the API server that the configuration leads to.
func newEnvironmentIn(t *testing.T, config *rest.Config, namespace string, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	env := newEmptyEnvironment(t, config, namespace, emulator.InstanceConfig{
		Keys: []string{fmt.Sprintf("sk_live_story%d", environments.Add(1))},
	})
	env.create(env.secret(env.clerk.Key()))
	instance := env.instance()
	for _, f := range change {
		f(instance)
	}
	env.create(instance)
	return env
}

// newEmptyEnvironment makes an environment without a ClerkInstance and its Secret.
func newEmptyEnvironment(t *testing.T, config *rest.Config, namespace string, instance emulator.InstanceConfig) *environment {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	env := &environment{t: t, namespace: namespace, client: c, key: key, clusterID: "story", operators: &operators{}, cut: &atomic.Bool{}}
	env.admin, env.watched = config, []string{env.namespace}
	env.runAs(shippedAccount(t))
	env.recordStatuses()
	env.infos, env.metrics = &safeBuffer{}, prometheus.NewRegistry()
	env.logger = logging.New(env.infos, logging.JSON, 0)
	t.Cleanup(env.expectKnownCauses)
	t.Cleanup(env.expectAuditLines)
	env.server = emulator.New(emulator.Config{})
	instance.Settings = emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}
	env.clerk = env.server.AddInstance(instance)
	listener := httptest.NewServer(env.unlessCut(env.operators.countCalls(contract.Enforce(t, env.server))))
	t.Cleanup(func() { env.server.Close(); listener.Close() })
	env.url, env.disconnect = listener.URL, listener.CloseClientConnections
	return env
}

// newRunningEnvironment makes an environment and starts the operator in it.
func newRunningEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	env := newEnvironment(t, change...)
	env.start()
	return env
}

func (env *environment) secret(key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	}
}

func (env *environment) instance() *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "default"},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"},
			APIURL:       ptr.To(env.url + "/v1"),
			RateLimit:    &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10000)},
			Drift:        &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: driftInterval}},
			// Most stories are not about the delay, which a production instance has by default.
			DeletionDelay: &metav1.Duration{},
		},
	}
}

// start runs the operator, as the binary would, but for this namespace alone and by the emulator's clock.
func (env *environment) start() {
	env.t.Helper()
	o := &operator{pool: connection.NewPool(env.server.Clock().Now), queues: map[string]*queue{}}
	mgr, live := env.newManager(o)
	ctx, cancel := context.WithCancel(env.t.Context())
	env.metrics = prometheus.NewRegistry()
	config := env.operatorConfig(o)
	if env.tune != nil {
		env.tune(&config)
	}
	if err := controller.SetupWithManager(ctx, mgr, live, config); err != nil {
		cancel()
		env.t.Fatal(err)
	}
	env.t.Cleanup(expectNoNewSeries(env.t, env.metrics))
	env.stop, env.done = cancel, make(chan struct{})
	env.cutOff = func() { o.crashed.Store(true) }
	env.operators.add(o)
	go func() {
		defer close(env.done)
		defer env.operators.remove(o)
		if err := mgr.Start(ctx); err != nil {
			env.t.Errorf("the manager failed: %v", err)
		}
	}()
	env.t.Cleanup(env.halt)
}

// newManager returns a manager and an uncached client whose requests the operator counts.
func (env *environment) newManager(o *operator) (ctrl.Manager, client.Client) {
	env.t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		env.t.Fatal(err)
	}
	options := controller.ManagerOptions(scheme, env.watched)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	options.Controller = managerconfig.Controller{SkipNameValidation: ptr.To(true), RecoverPanic: ptr.To(false)}
	options.Logger = env.logger
	// With a mapper of its own, each client would ask the API server for all its kinds.
	mapper := env.client.RESTMapper()
	options.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper, nil }
	if env.withOptions != nil {
		env.withOptions(&options)
	}
	observed := rest.CopyConfig(env.config)
	observed.Wrap(o.count)
	mgr, err := ctrl.NewManager(observed, options)
	if err != nil {
		env.t.Fatal(err)
	}
	o.cache = mgr.GetCache()
	live, err := client.New(observed, client.Options{Scheme: scheme, Mapper: mapper, FieldOwner: v1alpha1.FieldManager})
	if err != nil {
		env.t.Fatal(err)
	}
	return mgr, live
}

// operatorConfig is the configuration of an operator in a story.
func (env *environment) operatorConfig(o *operator) controller.Config {
	env.t.Helper()
	hosts, err := clerkinstance.ParseAllowedHosts([]string{env.url})
	if err != nil {
		env.t.Fatal(err)
	}
	return controller.Config{
		ClusterID:      env.clusterID,
		Key:            env.key,
		Hosts:          hosts,
		Concurrency:    8,
		SecretInterval: driftInterval,
		CountInterval:  100 * time.Millisecond,
		// Stories that are not about it need not wait for what never comes.
		ApplyWindow: 200 * time.Millisecond,
		UserAgent:   "story",
		Registry:    env.metrics,
		Now:         env.server.Clock().Now,
		Pool:        o.pool,
		NewQueue:    o.newQueue,
	}
}

// halt stops the operator, as the end of its pod would.
func (env *environment) halt() {
	expectKnownStates(env.t, env.metrics)
	env.stop()
	<-env.done
}

// restart stops the operator and starts another, which remembers nothing.
func (env *environment) restart() {
	env.t.Helper()
	env.halt()
	env.start()
}

func (env *environment) create(o client.Object) {
	env.t.Helper()
	if err := env.client.Create(env.t.Context(), o); err != nil {
		env.t.Fatalf("creating %T: %v", o, err)
	}
}

func (env *environment) get(o client.Object, name string) {
	env.t.Helper()
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, o); err != nil {
		env.t.Fatalf("getting %T %s: %v", o, name, err)
	}
}

func (env *environment) delete(o client.Object) {
	env.t.Helper()
	if err := env.client.Delete(env.t.Context(), o); err != nil {
		env.t.Fatalf("deleting %T: %v", o, err)
	}
}

// user returns a ClerkUser to be created, with an e-mail address after its name.
func (env *environment) user(name string, change ...func(*v1alpha1.ClerkUserSpec)) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Spec: v1alpha1.ClerkUserSpec{
			EmailAddresses: []v1alpha1.EmailAddress{{Address: address(name)}},
		},
	}
	for _, f := range change {
		f(&user.Spec)
	}
	return user
}

func address(name string) string { return name + "@example.com" }

// read returns the ClerkUser as the API server has it.
func (env *environment) read(name string) *v1alpha1.ClerkUser {
	env.t.Helper()
	user := &v1alpha1.ClerkUser{}
	env.get(user, name)
	return user
}

// edit changes the spec of a ClerkUser as kubectl edit would.
func (env *environment) edit(name string, change func(*v1alpha1.ClerkUserSpec)) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	change(&user.Spec)
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatalf("editing ClerkUser %s: %v", name, err)
	}
}

// editInstance changes the spec of the ClerkInstance.
func (env *environment) editInstance(change func(*v1alpha1.ClerkInstance)) {
	env.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	before := instance.DeepCopy()
	change(instance)
	if err := env.client.Patch(env.t.Context(), instance, client.MergeFrom(before)); err != nil {
		env.t.Fatalf("editing the ClerkInstance: %v", err)
	}
}

// atClerk returns the user at Clerk that a ClerkUser is bound to.
func (env *environment) atClerk(name string) *emulator.User {
	env.t.Helper()
	id := env.read(name).Status.UserID
	user := env.clerk.User(id)
	if user == nil {
		env.t.Fatalf("ClerkUser %s is bound to %q, which is not at Clerk", name, id)
	}
	return user
}

// eventually waits until check returns nil, and fails with its last error.
func (env *environment) eventually(what string, check func() error) {
	env.t.Helper()
	deadline := time.Now().Add(patience)
	var err error
	for pause := shortPause; time.Now().Before(deadline); pause = min(2*pause, longPause) {
		if err = check(); err == nil {
			return
		}
		time.Sleep(pause)
	}
	env.t.Fatalf("waiting for %s: %v\n%s", what, err, env.describe())
}

// describe returns the state of the environment, for the message of a failure.
func (env *environment) describe() string {
	var b strings.Builder
	users := &v1alpha1.ClerkUserList{}
	if err := env.client.List(context.Background(), users, client.InNamespace(env.namespace)); err == nil {
		for i := range users.Items {
			u := &users.Items[i]
			fmt.Fprintf(&b, "ClerkUser %s generation %d deletion %v: %+v\n", u.Name, u.Generation, u.DeletionTimestamp, u.Status)
		}
	}
	instances := &v1alpha1.ClerkInstanceList{}
	if err := env.client.List(context.Background(), instances, client.InNamespace(env.namespace)); err == nil {
		for i := range instances.Items {
			o := &instances.Items[i]
			fmt.Fprintf(&b, "ClerkInstance %s generation %d deletion %v: %+v\n", o.Name, o.Generation, o.DeletionTimestamp, o.Status)
		}
	}
	fmt.Fprintf(&b, "The operator logged:\n%s", env.infos)
	for _, e := range env.clerk.Journal() {
		fmt.Fprintf(&b, "%s %s?%s -> %d applied %t %s\n", e.Method, e.Path, e.Query, e.Status, e.Applied, e.Body)
	}
	return b.String()
}

// annotate sets an annotation of a ClerkUser.
func (env *environment) annotate(name, key, value string) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	if user.Annotations == nil {
		user.Annotations = map[string]string{}
	}
	user.Annotations[key] = value
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatalf("annotating ClerkUser %s: %v", name, err)
	}
}
