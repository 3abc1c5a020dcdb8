// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// TestDefinitionsAreNamedAndAwaited starts a manager at an API server that lacks the CustomResourceDefinitions. It is restarted
// until somebody has applied them: first those of an older version, then its own.
func TestDefinitionsAreNamedAndAwaited(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a control plane of its own")
	}
	plane, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := newDefinitionsClient(t, plane)
	env := &environment{t: t, namespace: "default", client: c}
	r := startReplica(t, "a", []string{"--kubeconfig=" + plane.Kubeconfig(), "--health-probe-bind-address=0"})
	env.replicas = append(env.replicas, r)
	env.eventually("the missing CustomResourceDefinitions to be named", r.saidAtTheEnd(
		"clerkinstances.clerk-operator.io, clerkusers.clerk-operator.io, clerkuseractions.clerk-operator.io", "config/crd"))

	for _, crd := range readDefinitions(t) {
		env.create(olderThan(t, crd))
	}
	env.eventually("the fields of the older ones to be named", r.saidAtTheEnd(
		"older than the operator; they lack ClerkUser spec.locale, ClerkUser status.binding;", "config/crd"))

	for _, crd := range readDefinitions(t) {
		if err := c.Patch(t.Context(), crd, client.Merge); err != nil {
			t.Fatalf("applying %s: %v", crd.Name, err)
		}
	}
	env.eventually("the manager to lead", r.said("this process leads"))
	env.expectFirstLine(r.current(), map[string]string{"health-probe-bind-address": "0", "kubeconfig": plane.Kubeconfig()})
}

// TestAPIServerIsAwaited starts managers whose connections to the API server break. One is told to end, the other goes on when there
// are connections.
func TestAPIServerIsAwaited(t *testing.T) {
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	api := newSlowAPI(t, "")
	api.broken.Store(true)
	for _, name := range []string{"a", "b"} {
		r := env.start(name, "--kubeconfig="+api.kubeconfig, "--health-probe-bind-address=0")
		env.eventually("the manager to wait", r.said("the API server does not answer; the operator waits for it"))
	}
	env.expectEnd(env.replicas[0].terminate())
	api.broken.Store(false)
	env.eventually("the other manager to lead", env.replicas[1].said("this process leads"))
	for _, r := range env.replicas {
		if runs := len(r.all()); runs != 1 {
			t.Errorf("manager %s was started %d times", r.name, runs)
		}
	}
}

// expectFirstLine checks the first line of a manager's log.
func (env *environment) expectFirstLine(p *process, flags map[string]string) {
	env.t.Helper()
	system := &corev1.Namespace{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Name: "kube-system"}, system); err != nil {
		env.t.Fatal(err)
	}
	log, err := os.ReadFile(p.log)
	if err != nil {
		env.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(log), "\n")
	var line struct {
		Msg       string            `json:"msg"`
		Version   string            `json:"version"`
		Revision  string            `json:"revision"`
		ClusterID string            `json:"clusterID"`
		Namespace string            `json:"operatorNamespace"`
		Flags     map[string]string `json:"flags"`
	}
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		env.t.Fatalf("the first line is %q: %v", first, err)
	}
	if line.Msg != "the operator starts" || line.Version == "" || line.Revision == "" || line.ClusterID != string(system.UID) ||
		line.Namespace != env.namespace {
		env.t.Errorf("the first line is %s", first)
	}
	if diff := cmp.Diff(flags, line.Flags); diff != "" {
		env.t.Errorf("flags (-want +got):\n%s", diff)
	}
}

// TestWrongCommandLineEndsAtOnce runs managers whose command lines are wrong.
func TestWrongCommandLineEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"run"}, {"--leader-elect", "false"}, {"--no-such-flag"}, {"--concurrency=0"}} {
		output, err := exec.CommandContext(t.Context(), manager.Path(), args...).CombinedOutput()
		if ended, ok := err.(*exec.ExitError); !ok || ended.ExitCode() != 2 || strings.Count(string(output), "\n") != 1 { //nolint:errorlint // not wrapped
			t.Errorf("%v: %v\n%s", args, err, output)
		}
	}
}

func newDefinitionsClient(t *testing.T, plane *controlplane.ControlPlane) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.NewWithWatch(plane.Config(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// readDefinitions returns the CustomResourceDefinitions of this version.
func readDefinitions(t *testing.T) []*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	dir, err := controlplane.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*apiextensionsv1.CustomResourceDefinition
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			t.Fatal(err)
		}
		all = append(all, crd)
	}
	return all
}

// olderThan returns the CustomResourceDefinition of ClerkUsers without two of its fields, and any other as it is.
func olderThan(t *testing.T, crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	if crd.Spec.Names.Kind != "ClerkUser" {
		return crd
	}
	properties := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties
	for part, field := range map[string]string{"spec": "locale", "status": "binding"} {
		if _, found := properties[part].Properties[field]; !found {
			t.Fatalf("%s has no field %s", part, field)
		}
		delete(properties[part].Properties, field)
	}
	return crd
}

// said returns a check that the process that runs wrote a text into its log.
func (r *replica) said(text string) func() error {
	return func() error { return r.current().logged(text)() }
}

// saidAtTheEnd returns a check that some process ended by itself and said all of these texts in its last line.
func (r *replica) saidAtTheEnd(texts ...string) func() error {
	return func() error {
		var last string
		for _, p := range r.all() {
			log, err := os.ReadFile(p.log)
			if err != nil {
				return fmt.Errorf("reading a log: %w", err)
			}
			lines := strings.Split(strings.TrimSpace(string(log)), "\n")
			last = lines[len(lines)-1]
			found := p.ended() && p.cmd.ProcessState.ExitCode() == 1
			for _, text := range texts {
				found = found && strings.Contains(last, text)
			}
			if found {
				return nil
			}
		}
		return fmt.Errorf("the last line is %s", last)
	}
}
