// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestMain(m *testing.M) {
	Leash()
	if os.Getenv(holdVariable) != "" {
		os.Exit(holdControlPlane())
	}
	os.Exit(Main(m))
}

func TestServerHasThePinnedMinorVersion(t *testing.T) {
	server, err := discovery.NewDiscoveryClientForConfig(Config(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := server.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	want, err := assets.Version(root)
	if err != nil {
		t.Fatal(err)
	}
	minor := want[:strings.LastIndex(want, ".")+1]
	if !strings.HasPrefix(got.GitVersion, minor) {
		t.Errorf("server version %s, want %s", got.GitVersion, want)
	}
}

func TestKindsOfTheRepositoryAreServed(t *testing.T) {
	out, err := exec.Command(Kubectl(t), "--kubeconfig", Kubeconfig(t), "get", "clerkinstances,clerkusers", "-A").CombinedOutput()
	if err != nil {
		t.Errorf("kubectl get: %v: %s", err, out)
	}
}

func TestNamespaceIsUsableAndNamedAfterItsTest(t *testing.T) {
	first, second := Namespace(t), Namespace(t)
	if first == second || !strings.HasPrefix(first, "testnamespaceisusableandnamedafteritstest-") {
		t.Errorf("namespaces %q and %q, want two that begin with the test's name", first, second)
	}
	c := newClient(t)
	object := &corev1.ConfigMap{}
	object.Namespace, object.Name = first, "here"
	if err := c.Create(t.Context(), object); err != nil {
		t.Error(err)
	}
}

func TestLabelFitsTheLimitOfNames(t *testing.T) {
	got := label("TestStory/A_User's name, " + strings.Repeat("x", 90))
	if len(got) > 50 || !strings.HasPrefix(got, "teststory-a-user-s-name-x") {
		t.Errorf("label() = %q", got)
	}
}

func TestControllerManagerFinishesTheDeletionOfANamespace(t *testing.T) {
	ControllerManager(t)
	c := newClient(t)
	namespace := &corev1.Namespace{}
	namespace.Name = Namespace(t)
	if err := c.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "namespace gone", func() bool {
		return apierrors.IsNotFound(c.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace))
	})
}

func newClient(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits until a condition holds, and fails the test if that takes longer than limit.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for: %s", limit, what)
		}
	}
}
