// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// helm is the Helm that the module of the chart's tests pins. Building it takes minutes, once.
func helm(t *testing.T) string {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "-C", filepath.Join(root(t), "test", "chart"), "tool", "-n", "helm")
	build.Stderr = os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatalf("building Helm: %v", err)
	}
	return strings.TrimSpace(string(path))
}

// provideHelm gives Helm to the shell.
func (c *cluster) provideHelm() {
	c.t.Helper()
	c.tools = c.t.TempDir()
	if err := os.Symlink(helm(c.t), filepath.Join(c.tools, "helm")); err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{"HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"} {
		c.environment = append(c.environment, name+"="+filepath.Join(c.tools, name))
	}
}

// chartValues are for an operator of one namespace, whose rights are Roles, with a ClerkInstance for the Secret that is there.
const chartValues = `
watchNamespaces: [team-a]
watchSecrets: true
clusterID: test
clerkInstance:
  create: true
  namespace: team-a
  secretName: clerk
  spec:
    policy:
      deletion: Deny
metrics:
  readers:
  - kind: ServiceAccount
    name: prometheus
    namespace: monitoring
`

const helmUpgrade = "helm upgrade clerk-operator charts/clerk-operator --namespace clerk-operator-system --wait --values values.yaml"

// TestChartBringsTheInstance installs the chart with a ClerkInstance, whose kind does not exist before. The ClerkInstance becomes
// part of the release with the first upgrade, and stays the same object in a rollback and after the uninstallation.
func TestChartBringsTheInstance(t *testing.T) {
	if testing.Short() {
		t.Skip("this takes a control plane of its own")
	}
	t.Parallel()
	c := newCluster(t)
	c.provideHelm()
	if err := os.WriteFile(filepath.Join(c.checkout, "values.yaml"), []byte(chartValues), 0o600); err != nil {
		t.Fatal(err)
	}
	c.shell(blocks(t, installation, "Connect a Clerk instance", "sh")[0], c.clerk.Key()+"\n")
	c.shell("kubectl create namespace monitoring\nkubectl create serviceaccount prometheus -n monitoring\n", "")
	c.shell(strings.Replace(helmUpgrade, "upgrade", "install", 1)+" --create-namespace --timeout=3m", "")
	c.shell("kubectl wait --for=condition=Ready clerkinstance/default -n team-a --timeout=2m", "")
	c.follow(installation, "Create a user")
	c.expectAtClerk("ada+clerk_test@example.com")
	url := "https://" + c.node.Address("metrics") + "/metrics"
	c.eventually("metrics", func() error { return c.readMetrics(url, "prometheus", http.StatusOK) })
	instance := c.instance()

	c.shell(helmUpgrade+" --set logLevel=1", "")
	if manifest := c.shell("helm get manifest clerk-operator -n clerk-operator-system", ""); !strings.Contains(manifest, "kind: ClerkInstance\n") {
		t.Error("the ClerkInstance is not part of the release after an upgrade")
	}
	c.shell("helm rollback clerk-operator 1 --namespace clerk-operator-system --wait", "")
	c.shell(helmUpgrade+" --set clerkInstance.spec.rateLimit.sharePercent=20", "")
	if share := c.instance().Spec.RateLimit; share == nil || share.SharePercent == nil || *share.SharePercent != 20 {
		t.Errorf("the upgrade did not change the ClerkInstance: %+v", share)
	}
	c.shell("kubectl wait --for=condition=Ready clerkuser/ada-lovelace -n team-a --timeout=2m", "")
	// The roles may go before the process does.
	log := c.node.Log()
	c.shell("helm uninstall clerk-operator --namespace clerk-operator-system --wait", "")
	if now := c.instance(); now.UID != instance.UID || !now.DeletionTimestamp.IsZero() {
		t.Errorf("the ClerkInstance was %s and is %s, deleted at %v", instance.UID, now.UID, now.DeletionTimestamp)
	}
	c.expectAtClerk("ada+clerk_test@example.com")
	for line := range strings.Lines(log) {
		if strings.Contains(line, "is forbidden") {
			t.Errorf("the operator lacks a right: %s", line)
		}
	}
}

func (c *cluster) instance() *v1alpha1.ClerkInstance {
	c.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: "team-a", Name: "default"}, instance); err != nil {
		c.t.Fatal(fmt.Errorf("%w\n%s", err, c.describe()))
	}
	return instance
}

// allFlags sets every value of the chart that becomes a flag.
const allFlags = `
watchNamespaces: [team-a, team-b]
watchSecrets: true
clusterID: test
defaultInstance: team-a/default
allowedAPIHosts: [api.clerk.com, "http://emulator.example.com:8080"]
concurrency: 8
logFormat: console
logLevel: 0
leaderElection: {leaseDuration: 30s, renewDeadline: 20s, retryPeriod: 5s}
extraArgs: [--secret-interval=30s]
`

// TestManagerTakesTheFlagsOfTheChart has the operator parse the arguments that the chart renders.
func TestManagerTakesTheFlagsOfTheChart(t *testing.T) {
	if testing.Short() {
		t.Skip("this takes Helm")
	}
	t.Parallel()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(allFlags), 0o600); err != nil {
		t.Fatal(err)
	}
	chart := filepath.Join(root(t), "charts", "clerk-operator")
	text, err := exec.CommandContext(t.Context(), helm(t), "template", chart, "--values", file, "--show-only", "templates/deployment.yaml").Output()
	if err != nil {
		t.Fatal(err)
	}
	deployment := &appsv1.Deployment{}
	if err := yaml.Unmarshal(text, deployment); err != nil {
		t.Fatal(err)
	}
	args := deployment.Spec.Template.Spec.Containers[0].Args
	const want = 14
	if len(args) != want {
		t.Errorf("there are %d arguments, want %d: %q", len(args), want, args)
	}
	// The manager validates all flags before it looks for the cluster.
	cmd := exec.CommandContext(t.Context(), manager.Path(), append(args, "--kubeconfig="+filepath.Join(t.TempDir(), "none"))...)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "finding the cluster") {
		t.Errorf("the manager does not come to look for the cluster: %v: %s", err, out)
	}
}
