// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/test/clerkhost"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

const (
	// namespace is where the examples are, and operatorNamespace is where the operator is.
	namespace         = "team-a"
	operatorNamespace = "clerk-operator-system"

	patience = 2 * time.Minute
	tick     = 100 * time.Millisecond
)

// cluster is an API server with a running operator, and a Clerk instance at https://api.clerk.com.
type cluster struct {
	t      *testing.T
	plane  *controlplane.ControlPlane
	client client.Client
	clerk  *clerkhost.Clerk
	log    bytes.Buffer
	shell  Shell
}

// newCluster returns a cluster with the objects in cluster.yaml of a directory, in which the examples are run.
func newCluster(t *testing.T, directory string) *cluster {
	t.Helper()
	plane, err := controlplane.StartWithCRDs()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, plane: plane, clerk: clerkhost.New(t, "sk_live_examplesNotARealKey")}
	if c.client, err = client.New(plane.Config(), client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	c.shell = Shell{Directory: t.TempDir(), Environment: c.environment()}
	if err := os.CopyFS(c.shell.Directory, os.DirFS(directory)); err != nil {
		t.Fatal(err)
	}
	c.must("kubectl create namespace " + operatorNamespace)
	c.must("kubectl apply -f cluster.yaml")
	c.must("kubectl config set-context --current --namespace=" + namespace)
	return c
}

// environment returns the variables of somebody's terminal, with the plugin and kubectl in the PATH.
func (c *cluster) environment() []string {
	c.t.Helper()
	tools := c.t.TempDir()
	root, err := assets.Root()
	if err != nil {
		c.t.Fatal(err)
	}
	build := exec.CommandContext(c.t.Context(), "go", "build", "-o", filepath.Join(tools, "kubectl-clerk"), "./cmd/kubectl-clerk")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		c.t.Fatalf("building the plugin: %v: %s", err, said)
	}
	for name, target := range map[string]string{"kubectl": c.plane.Kubectl(), "kubectl_complete-clerk": "kubectl-clerk"} {
		if err := os.Symlink(target, filepath.Join(tools, name)); err != nil {
			c.t.Fatal(err)
		}
	}
	// A copy, because kubectl config writes it.
	kubeconfig := filepath.Join(tools, "kubeconfig")
	text, err := os.ReadFile(c.plane.Kubeconfig())
	if err == nil {
		err = os.WriteFile(kubeconfig, text, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return append(append(os.Environ(), c.clerk.Environment...),
		"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+c.plane.KubectlCache(), "HOME="+tools)
}

// must runs a command that is no example.
func (c *cluster) must(command string) {
	c.t.Helper()
	results, err := c.shell.Run(c.t.Context(), Block{[]Example{{Command: command}}})
	if err != nil {
		c.t.Fatal(err)
	}
	if results[0].Code != 0 {
		c.t.Fatalf("%s: exit code %d: %s", command, results[0].Code, results[0].Output)
	}
}

// startOperator runs the operator as outside a cluster.
func (c *cluster) startOperator() {
	c.t.Helper()
	arguments := slices.Concat(c.clerk.Environment, []string{
		manager.Path(), "--kubeconfig=" + c.plane.Kubeconfig(), "--operator-namespace=" + operatorNamespace,
		"--health-probe-bind-address=0", "--metrics-bind-address=0", "--count-interval=1s",
	})
	if _, err := c.plane.Run(&c.log, "/usr/bin/env", arguments...); err != nil {
		c.t.Fatal(err)
	}
}

// await waits until the condition Ready of a ClerkUser has a reason.
func (c *cluster) await(name, reason string) *v1alpha1.ClerkUser {
	c.t.Helper()
	user := &v1alpha1.ClerkUser{}
	err := errors.New("not looked yet")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(tick) {
		if err = c.client.Get(c.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, user); err != nil {
			continue
		}
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready != nil && ready.Reason == reason && ready.ObservedGeneration == user.Generation {
			return user
		}
		err = fmt.Errorf("its condition is %+v", ready)
	}
	c.t.Fatalf("waiting for ClerkUser %s with the reason %s: %v\n%s", name, reason, err, c.log.String())
	return nil
}

// awaitManaged waits until the status of the ClerkInstance counts this many users.
func (c *cluster) awaitManaged(want int64) {
	c.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(tick) {
		err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: namespace, Name: "default"}, instance)
		if err == nil && instance.Status.ManagedUsers == want {
			return
		}
	}
	c.t.Fatalf("waiting for %d managed users: the status is %+v\n%s", want, instance.Status, c.log.String())
}

// seed adds a user to Clerk whom the operator did not create.
func (c *cluster) seed(first, last string, private map[string]any) {
	c.t.Helper()
	address := emulator.VerifiedEmail(strings.ToLower(first) + "@example.com")
	c.clerk.Seed(emulator.User{FirstName: &first, LastName: &last, EmailAddresses: []emulator.EmailAddress{address}, PrivateMetadata: private})
}

// markOf returns private metadata with the owner mark of a ClerkUser of this cluster.
func (c *cluster) markOf(name string) map[string]any {
	c.t.Helper()
	system := &corev1.Namespace{}
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Name: "kube-system"}, system); err != nil {
		c.t.Fatal(err)
	}
	mark := plan.Mark{
		Cluster: string(system.UID), Namespace: namespace, Name: name, UID: "0b6f1a4e-8a9b-4f5e-9c3d-2f1e0d9c8b7a", Origin: v1alpha1.OriginCreated,
	}
	return map[string]any{v1alpha1.OwnerKey: mark.String()}
}
