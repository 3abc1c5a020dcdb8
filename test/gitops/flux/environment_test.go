// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	managerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// key is the backend secret key of the Clerk instance.
const key = "sk_live_flux"

// patience is how long a test waits for what it expects.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(controlplane.Main(m))
}

// environment is a namespace of a real API server with the operator, a Clerk, and what kustomize-controller does for one Kustomization.
type environment struct {
	t         *testing.T
	namespace string
	client    client.Client
	clerk     *emulator.Instance
	url       string
	manager   *ssa.ResourceManager
	// inventory is what the Kustomization applied before.
	inventory []*unstructured.Unstructured
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t)}
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	config := controlplane.Config(t)
	if env.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	server := emulator.New(emulator.Config{})
	env.clerk = server.AddInstance(emulator.InstanceConfig{Keys: []string{key}})
	listener := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); listener.Close() })
	env.url = listener.URL
	env.startOperator()
	poller := polling.NewStatusPoller(env.client, env.client.RESTMapper(), polling.Options{})
	env.manager = ssa.NewResourceManager(env.client, poller, ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"})
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	}
	if err := env.client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	return env
}

// startOperator runs the operator for the namespace.
func (env *environment) startOperator() {
	env.t.Helper()
	options := controller.ManagerOptions(env.client.Scheme(), []string{env.namespace})
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	options.Controller = managerconfig.Controller{SkipNameValidation: ptr.To(true)}
	mgr, err := ctrl.NewManager(controlplane.Config(env.t), options)
	if err != nil {
		env.t.Fatal(err)
	}
	bindings, err := binding.NewKey()
	if err != nil {
		env.t.Fatal(err)
	}
	hosts, err := clerkinstance.ParseAllowedHosts([]string{env.url})
	if err != nil {
		env.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(env.t.Context())
	err = controller.SetupWithManager(ctx, mgr, env.client, controller.Config{
		ClusterID: "flux", Key: bindings, Hosts: hosts, Concurrency: 4, SecretInterval: time.Second, CountInterval: time.Second,
		ApplyWindow: time.Second, UserAgent: "flux", Registry: prometheus.NewRegistry(), Now: time.Now,
	})
	if err != nil {
		cancel()
		env.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := mgr.Start(ctx); err != nil {
			env.t.Errorf("the manager failed: %v", err)
		}
	}()
	env.t.Cleanup(func() { cancel(); <-done })
}

// instance is the manifest of a ClerkInstance.
func (env *environment) instance(deletionDelay string) string {
	return fmt.Sprintf(`
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata: {name: default}
spec:
  secretKeyRef: {name: clerk}
  apiURL: %s/v1
  deletionDelay: %s
`, env.url, deletionDelay)
}

// user is the manifest of a ClerkUser with an e-mail address, and further lines of its spec.
func user(name, address string, spec ...string) string {
	return fmt.Sprintf(`
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: %s}
spec:
  emailAddresses: [{address: %s@example.com}]
  %s
`, name, address, strings.Join(spec, "\n  "))
}

// commit is a revision of the repository and what the Kustomization says.
type commit struct {
	manifests []string
	// force and wait are fields of the Kustomization. prune always is true.
	force, wait bool
	// timeout is how long to wait; 0 is patience.
	timeout time.Duration
}

// reconcile does what kustomize-controller does with a revision: it applies, then prunes what the revision before had, then waits.
func (env *environment) reconcile(c commit) error {
	env.t.Helper()
	objects := env.objects(c.manifests)
	env.manager.SetOwnerLabels(objects, "users", env.namespace)
	apply := ssa.DefaultApplyOptions()
	apply.Force, apply.WaitInterval = c.force, 100*time.Millisecond
	apply.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
		},
	}
	ctx, cancel := context.WithTimeout(env.t.Context(), patience)
	defer cancel()
	changes, err := env.manager.ApplyAllStaged(ctx, objects, apply)
	if err != nil {
		return fmt.Errorf("applying: %w", err)
	}
	if err := env.prune(ctx, objects); err != nil {
		return err
	}
	env.inventory = objects
	if !c.wait {
		return nil
	}
	wait := ssa.WaitOptions{Interval: 200 * time.Millisecond, Timeout: cmp.Or(c.timeout, patience), FailFast: true}
	if err := env.manager.WaitForSetWithContext(ctx, changes.ToObjMetadataSet(), wait); err != nil {
		return fmt.Errorf("waiting: %w", err)
	}
	return nil
}

// prune deletes what the Kustomization applied before and no longer has.
func (env *environment) prune(ctx context.Context, objects []*unstructured.Unstructured) error {
	kept := map[string]bool{}
	for _, o := range objects {
		kept[o.GetKind()+o.GetName()] = true
	}
	var stale []*unstructured.Unstructured
	for _, o := range env.inventory {
		if !kept[o.GetKind()+o.GetName()] {
			stale = append(stale, o)
		}
	}
	options := ssa.DefaultDeleteOptions()
	options.Inclusions = env.manager.GetOwnerLabels("users", env.namespace)
	options.Exclusions = map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"}
	if _, err := env.manager.DeleteAll(ctx, stale, options); err != nil {
		return fmt.Errorf("pruning: %w", err)
	}
	return nil
}

func (env *environment) objects(manifests []string) []*unstructured.Unstructured {
	env.t.Helper()
	var all []*unstructured.Unstructured
	for _, manifest := range manifests {
		text, err := yaml.YAMLToJSON([]byte(manifest))
		if err != nil {
			env.t.Fatalf("%v in\n%s", err, manifest)
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(text); err != nil {
			env.t.Fatal(err)
		}
		o.SetNamespace(env.namespace)
		all = append(all, o)
	}
	return all
}

// read returns a ClerkUser.
func (env *environment) read(name string) (*v1alpha1.ClerkUser, error) {
	o := &v1alpha1.ClerkUser{}
	return o, env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, o)
}

// userID returns the user that a ClerkUser is bound to.
func (env *environment) userID(name string) string {
	env.t.Helper()
	o, err := env.read(name)
	if err != nil {
		env.t.Fatal(err)
	}
	return o.Status.UserID
}

// eventually waits until check returns nil.
func (env *environment) eventually(what string, check func() error) {
	env.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	env.t.Fatalf("waiting for %s: %v", what, err)
}
