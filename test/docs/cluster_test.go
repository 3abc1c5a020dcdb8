// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
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
	"github.com/clerk-operator/clerk-operator/test/manager"
)

const (
	// namespace is where the examples are, and operatorNamespace is where the operator is.
	namespace         = "team-a"
	operatorNamespace = "clerk-operator-system"

	patience = 2 * time.Minute
	tick     = 100 * time.Millisecond
)

// cluster is an API server with the CustomResourceDefinitions, a Clerk instance at https://api.clerk.com, and somebody's terminal.
type cluster struct {
	*terminal

	plane  *controlplane.ControlPlane
	client client.Client
	clerk  *clerkhost.Clerk
	// kubeconfig is the file that kubectl reads and writes.
	kubeconfig string
	log        bytes.Buffer
	// logFile has the operator's log, too, for commands that read it.
	logFile string
}

func newCluster(t *testing.T, l *lane) *cluster {
	t.Helper()
	c := connect(t, l.plane, "sk_live_examplesNotARealKey")
	c.must("kubectl create namespace " + operatorNamespace)
	return c
}

// connect returns a terminal whose kubectl talks to an API server, beside a Clerk instance with this key.
func connect(t *testing.T, plane *controlplane.ControlPlane, key string) *cluster {
	t.Helper()
	c := &cluster{terminal: newTerminal(t), plane: plane, clerk: clerkhost.New(t, key)}
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	if c.client, err = client.New(plane.Config(), client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	// A copy, because kubectl config writes it.
	c.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text, err := os.ReadFile(plane.Kubeconfig())
	if err == nil {
		err = os.WriteFile(c.kubeconfig, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.environment = slices.Concat(c.environment, c.clerk.Environment, []string{"KUBECONFIG=" + c.kubeconfig, "KUBECACHEDIR=" + plane.KubectlCache()})
	return c
}

// apply applies a file of testdata. The namespace team-a, which it brings, becomes that of the kubeconfig.
func (c *cluster) apply(file string) {
	c.t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", file))
	if err != nil {
		c.t.Fatal(err)
	}
	c.must("kubectl apply -f '" + path + "' && kubectl config set-context --current --namespace=" + namespace)
}

// startOperator runs the operator as outside a cluster.
func (c *cluster) startOperator() {
	c.t.Helper()
	arguments := slices.Concat(c.clerk.Environment, []string{
		manager.Path(), "--kubeconfig=" + c.plane.Kubeconfig(), "--operator-namespace=" + operatorNamespace,
		"--health-probe-bind-address=0", "--metrics-bind-address=0", "--count-interval=1s",
	})
	c.logFile = filepath.Join(c.t.TempDir(), "operator.log")
	file, err := os.Create(c.logFile)
	if err != nil {
		c.t.Fatal(err)
	}
	process, err := c.plane.Run(io.MultiWriter(&c.log, file), "/usr/bin/env", arguments...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := errors.Join(process.Kill(), file.Close()); err != nil {
			c.t.Error(err)
		}
	})
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

// awaitInstance waits until the ClerkInstance "default" is Ready.
func (c *cluster) awaitInstance() {
	c.t.Helper()
	c.awaitStatus("a Ready ClerkInstance", func(s v1alpha1.ClerkInstanceStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady)
	})
}

// awaitManaged waits until the ClerkInstance "default" counts this many users.
func (c *cluster) awaitManaged(want int64) {
	c.t.Helper()
	c.awaitStatus(fmt.Sprintf("%d managed users", want), func(s v1alpha1.ClerkInstanceStatus) bool { return s.ManagedUsers == want })
}

// awaitStatus waits until the status of the ClerkInstance "default" is as the function says.
func (c *cluster) awaitStatus(what string, is func(v1alpha1.ClerkInstanceStatus) bool) {
	c.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(tick) {
		err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: namespace, Name: "default"}, instance)
		if err == nil && is(instance.Status) {
			return
		}
	}
	c.t.Fatalf("waiting for %s: the status is %+v\n%s", what, instance.Status, c.log.String())
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
