// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/test/checkout"
	"github.com/clerk-operator/clerk-operator/test/clerkhost"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/node"
)

const (
	// namespace is the operator's namespace.
	namespace = "clerk-operator-system"
	// patience is how long to wait for what is expected; a machine that is busy with other tests is slow.
	patience = 2 * time.Minute
	tick     = 100 * time.Millisecond
)

// cluster is an API server with nothing on it, a node that runs the operator's pod, and a checkout in which somebody types the
// commands of the documentation.
type cluster struct {
	t        *testing.T
	plane    *controlplane.ControlPlane
	client   client.Client
	checkout string
	clerk    *clerkhost.Clerk
	node     *node.Node
	// tools is a directory with commands for the shell, besides kubectl; "" for none. environment is for these commands.
	tools       string
	environment []string
	// before are the objects that the API server had at first.
	before map[string]bool
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	plane := controlplane.Bare(t)
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, plane: plane, checkout: checkout.New(t), clerk: clerkhost.New(t, "sk_test_installationNotARealKey")}
	if c.client, err = client.New(plane.Config(), client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	c.before = c.objects()
	c.node = node.Start(t, plane, c.clerk.Environment)
	return c
}

// follow runs the commands below headings of a document, as somebody would who types them one block after the other.
func (c *cluster) follow(document string, sections ...string) {
	c.t.Helper()
	for _, heading := range sections {
		for _, block := range blocks(c.t, document, heading, "sh") {
			c.shell(block, "")
		}
	}
}

// shell runs commands in the checkout and returns what they print. The input is for those that read something.
func (c *cluster) shell(commands, input string) string {
	c.t.Helper()
	shell := exec.CommandContext(c.t.Context(), "bash", "-euo", "pipefail", "-c", commands)
	shell.Dir, shell.Stdin = c.checkout, strings.NewReader(input)
	shell.Env = append(os.Environ(),
		"PATH="+strings.Join([]string{filepath.Dir(c.plane.Kubectl()), c.tools, os.Getenv("PATH")}, string(os.PathListSeparator)),
		"KUBECONFIG="+c.plane.Kubeconfig(), "KUBECACHEDIR="+c.plane.KubectlCache(),
		// Those of the "make test" around this test.
		"MAKEFLAGS=", "MFLAGS=", "CGO_ENABLED=0",
	)
	shell.Env = append(shell.Env, c.environment...)
	output, err := shell.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%v:\n%s\n%s\n%s", err, commands, output, c.describe())
	}
	return string(output)
}

// eventually waits until check returns nil, and fails with its last error.
func (c *cluster) eventually(what string, check func() error) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	var err error
	for time.Now().Before(deadline) {
		if err = check(); err == nil {
			return
		}
		time.Sleep(tick)
	}
	c.t.Fatalf("waiting for %s: %v\n%s", what, err, c.describe())
}

// describe returns what explains a failure.
func (c *cluster) describe() string {
	command := exec.Command(c.plane.Kubectl(), "--kubeconfig="+c.plane.Kubeconfig(), "get", "-A", "-o", "wide",
		"namespaces,deployments,pods,clerk")
	objects, _ := command.CombinedOutput()
	log := c.node.Log()
	return fmt.Sprintf("%s\nthe last of the operator's log:\n%s", objects, log[max(0, len(log)-maxLog):])
}

const maxLog = 4000

// expectNothingLeft waits until the API server has what it had before the installation, and the objects that are named.
func (c *cluster) expectNothingLeft(but ...string) {
	c.t.Helper()
	c.eventually("the rest to be gone", func() error {
		left := c.objects()
		for name := range c.before {
			delete(left, name)
		}
		for _, name := range but {
			delete(left, name)
		}
		if len(left) > 0 {
			return fmt.Errorf("these are left: %v", slices.Sorted(maps.Keys(left)))
		}
		return nil
	})
}

// objects are all objects of the API server as "kind namespace/name", but what says what happened and who works.
func (c *cluster) objects() map[string]bool {
	c.t.Helper()
	d, err := discovery.NewDiscoveryClientForConfig(c.plane.Config())
	if err != nil {
		c.t.Fatal(err)
	}
	// A group whose CustomResourceDefinition is going is listed for a moment and cannot be read.
	groups, _ := d.ServerPreferredResources()
	found := map[string]bool{}
	for _, group := range groups {
		for _, resource := range group.APIResources {
			if !slices.Contains(resource.Verbs, "list") || resource.Kind == "Event" || group.GroupVersion == "metrics.k8s.io/v1beta1" {
				continue
			}
			list := &unstructured.UnstructuredList{}
			list.SetAPIVersion(group.GroupVersion)
			list.SetKind(resource.Kind + "List")
			if err := c.client.List(c.t.Context(), list); err != nil {
				found[fmt.Sprintf("%s: %v", resource.Kind, err)] = true
				continue
			}
			for i := range list.Items {
				if o := &list.Items[i]; !ofAPIServer(o) {
					found[resource.Kind+" "+o.GetNamespace()+"/"+o.GetName()] = true
				}
			}
		}
	}
	return found
}

// ofAPIServer reports whether the API server itself makes such objects, at any time.
func ofAPIServer(o metav1.Object) bool {
	return strings.HasPrefix(o.GetNamespace(), "kube-") || o.GetNamespace() == "default" || o.GetName() == "kube-node-lease"
}
