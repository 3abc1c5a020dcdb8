// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	managerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
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

func TestMain(m *testing.M) {
	// Stories mostly wait for the API server. The command line still wins.
	if err := flag.Set("test.parallel", "24"); err != nil {
		panic(err)
	}
	log.SetLogger(logr.Discard())
	os.Exit(controlplane.Main(m))
}

// patience is how long a story waits for what it expects.
const patience = 30 * time.Second

// Between two checks of what it expects, a story pauses for longer and longer: stories are many, and their API server is one.
const (
	shortPause = 10 * time.Millisecond
	longPause  = 80 * time.Millisecond
)

// driftInterval is how often the operator looks at users in stories.
const driftInterval = time.Second

// world is a namespace of a real API server, a Clerk of its own, and the operator between them.
type world struct {
	t         *testing.T
	namespace string
	client    client.WithWatch
	clerk     *emulator.Instance
	server    *emulator.Server
	url       string
	key       binding.Key
	clusterID string

	// config is how the operator reaches the API server; watched are the namespaces it works in.
	config  *rest.Config
	watched []string
	logger  logr.Logger
	// infos is what the operator has logged at info; metrics is what it counted.
	infos   *safeBuffer
	metrics *prometheus.Registry
	// tune changes how the operator is started; nil leaves it.
	tune func(*controller.Config)
	// withOptions changes the options of its manager; nil leaves them.
	withOptions func(*ctrl.Options)

	// operators are those that run, for all views of this world.
	operators *operators

	stop context.CancelFunc
	done chan struct{}
}

// worlds counts them, since their keys must differ.
var worlds atomic.Int64

// newWorld makes a world without an operator and with a ClerkInstance default that change may alter. Its story is told
// beside others.
func newWorld(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *world {
	t.Helper()
	t.Parallel()
	return prepareWorld(t, change...)
}

func prepareWorld(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *world {
	t.Helper()
	return prepareWorldIn(t, controlplane.Config(t), controlplane.Namespace(t), change...)
}

// prepareWorldIn makes a world in a namespace of the API server that the configuration leads to.
func prepareWorldIn(t *testing.T, config *rest.Config, namespace string, change ...func(*v1alpha1.ClerkInstance)) *world {
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
	w := &world{t: t, namespace: namespace, client: c, key: key, clusterID: "story", operators: &operators{}}
	w.config, w.watched = rest.CopyConfig(config), []string{w.namespace}
	w.infos, w.metrics = &safeBuffer{}, prometheus.NewRegistry()
	w.logger = zap.New(zap.WriteTo(w.infos))
	w.server = emulator.New(emulator.Config{})
	w.clerk = w.server.AddInstance(emulator.InstanceConfig{
		Keys:     []string{fmt.Sprintf("sk_live_story%d", worlds.Add(1))},
		Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1},
	})
	listener := httptest.NewServer(w.operators.countCalls(contract.Enforce(t, w.server)))
	t.Cleanup(func() { w.server.Close(); listener.Close() })
	w.url = listener.URL
	w.create(w.secret(w.clerk.Key()))
	instance := w.instance()
	for _, f := range change {
		f(instance)
	}
	w.create(instance)
	return w
}

// newLiveWorld makes a world and starts the operator in it.
func newLiveWorld(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *world {
	t.Helper()
	w := newWorld(t, change...)
	w.start()
	return w
}

func (w *world) secret(key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	}
}

func (w *world) instance() *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "default"},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"},
			APIURL:       ptr.To(w.url + "/v1"),
			RateLimit:    &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10000)},
			Drift:        &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: driftInterval}},
		},
	}
}

// start runs the operator, as the binary would, but for this namespace alone and by the emulator's clock.
func (w *world) start() {
	w.t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		w.t.Fatal(err)
	}
	options := controller.ManagerOptions(scheme, w.watched)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	options.Controller = managerconfig.Controller{SkipNameValidation: ptr.To(true), RecoverPanic: ptr.To(false)}
	options.Logger = w.logger
	if w.withOptions != nil {
		w.withOptions(&options)
	}
	o := &operator{pool: connection.NewPool(w.server.Clock().Now), queues: map[string]*queue{}}
	observed := rest.CopyConfig(w.config)
	observed.Wrap(o.count)
	mgr, err := ctrl.NewManager(observed, options)
	if err != nil {
		w.t.Fatal(err)
	}
	o.cache = mgr.GetCache()
	live, err := client.New(observed, client.Options{Scheme: scheme})
	if err != nil {
		w.t.Fatal(err)
	}
	hosts, err := clerkinstance.ParseAllowedHosts([]string{w.url})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	w.metrics = prometheus.NewRegistry()
	config := controller.Config{
		ClusterID:      w.clusterID,
		Key:            w.key,
		Hosts:          hosts,
		Concurrency:    8,
		SecretInterval: driftInterval,
		CountInterval:  100 * time.Millisecond,
		UserAgent:      "story",
		Registry:       w.metrics,
		Now:            w.server.Clock().Now,
		Pool:           o.pool,
		NewQueue:       o.newQueue,
	}
	if w.tune != nil {
		w.tune(&config)
	}
	err = controller.SetupWithManager(ctx, mgr, live, config)
	if err != nil {
		cancel()
		w.t.Fatal(err)
	}
	w.t.Cleanup(expectNoNewSeries(w.t, w.metrics))
	w.stop, w.done = cancel, make(chan struct{})
	w.operators.add(o)
	go func() {
		defer close(w.done)
		defer w.operators.remove(o)
		if err := mgr.Start(ctx); err != nil {
			w.t.Errorf("running the manager: %v", err)
		}
	}()
	w.t.Cleanup(w.halt)
}

// halt stops the operator, as the end of its pod would.
func (w *world) halt() {
	w.stop()
	<-w.done
}

// restart stops the operator and starts another, which remembers nothing.
func (w *world) restart() {
	w.t.Helper()
	w.halt()
	w.start()
}

func (w *world) create(o client.Object) {
	w.t.Helper()
	if err := w.client.Create(w.t.Context(), o); err != nil {
		w.t.Fatalf("creating %T: %v", o, err)
	}
}

func (w *world) get(o client.Object, name string) {
	w.t.Helper()
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, o); err != nil {
		w.t.Fatalf("getting %T %s: %v", o, name, err)
	}
}

func (w *world) delete(o client.Object) {
	w.t.Helper()
	if err := w.client.Delete(w.t.Context(), o); err != nil {
		w.t.Fatalf("deleting %T: %v", o, err)
	}
}

// user returns a ClerkUser to be created, with an e-mail address after its name.
func (w *world) user(name string, change ...func(*v1alpha1.ClerkUserSpec)) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
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
func (w *world) read(name string) *v1alpha1.ClerkUser {
	w.t.Helper()
	user := &v1alpha1.ClerkUser{}
	w.get(user, name)
	return user
}

// edit changes the spec of a ClerkUser as kubectl edit would.
func (w *world) edit(name string, change func(*v1alpha1.ClerkUserSpec)) {
	w.t.Helper()
	user := w.read(name)
	before := user.DeepCopy()
	change(&user.Spec)
	if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); err != nil {
		w.t.Fatalf("editing ClerkUser %s: %v", name, err)
	}
}

// editInstance changes the spec of the ClerkInstance.
func (w *world) editInstance(change func(*v1alpha1.ClerkInstance)) {
	w.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	before := instance.DeepCopy()
	change(instance)
	if err := w.client.Patch(w.t.Context(), instance, client.MergeFrom(before)); err != nil {
		w.t.Fatalf("editing the ClerkInstance: %v", err)
	}
}

// atClerk returns the user at Clerk that a ClerkUser is bound to.
func (w *world) atClerk(name string) *emulator.User {
	w.t.Helper()
	id := w.read(name).Status.UserID
	user := w.clerk.User(id)
	if user == nil {
		w.t.Fatalf("ClerkUser %s is bound to %q, which is not at Clerk", name, id)
	}
	return user
}

// eventually waits until check returns nil, and fails with its last error.
func (w *world) eventually(what string, check func() error) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	var err error
	for pause := shortPause; time.Now().Before(deadline); pause = min(2*pause, longPause) {
		if err = check(); err == nil {
			return
		}
		time.Sleep(pause)
	}
	w.t.Fatalf("waiting for %s: %v\n%s", what, err, w.describe())
}

// describe tells the state of the world, for a failure.
func (w *world) describe() string {
	var b strings.Builder
	users := &v1alpha1.ClerkUserList{}
	if err := w.client.List(context.Background(), users, client.InNamespace(w.namespace)); err == nil {
		for i := range users.Items {
			u := &users.Items[i]
			fmt.Fprintf(&b, "ClerkUser %s generation %d deletion %v: %+v\n", u.Name, u.Generation, u.DeletionTimestamp, u.Status)
		}
	}
	instances := &v1alpha1.ClerkInstanceList{}
	if err := w.client.List(context.Background(), instances, client.InNamespace(w.namespace)); err == nil {
		for i := range instances.Items {
			o := &instances.Items[i]
			fmt.Fprintf(&b, "ClerkInstance %s generation %d deletion %v: %+v\n", o.Name, o.Generation, o.DeletionTimestamp, o.Status)
		}
	}
	fmt.Fprintf(&b, "The operator logged:\n%s", w.infos)
	for _, e := range w.clerk.Journal() {
		fmt.Fprintf(&b, "%s %s?%s -> %d applied %t %s\n", e.Method, e.Path, e.Query, e.Status, e.Applied, e.Body)
	}
	return b.String()
}

// annotate sets an annotation of a ClerkUser.
func (w *world) annotate(name, key, value string) {
	w.t.Helper()
	user := w.read(name)
	before := user.DeepCopy()
	if user.Annotations == nil {
		user.Annotations = map[string]string{}
	}
	user.Annotations[key] = value
	if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); err != nil {
		w.t.Fatalf("annotating ClerkUser %s: %v", name, err)
	}
}
