// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// expectAccepted applies objects to the API server for show.
func expectAccepted(t *testing.T, objects map[string]*unstructured.Unstructured) {
	t.Helper()
	c := newClient(t)
	ensureKinds(t)
	ensureNamespaces(t, c, namespace, "team-a", "team-b", "monitoring")
	for document, o := range objects {
		o := o.DeepCopy()
		applied := client.ApplyConfigurationFromUnstructured(o)
		if err := c.Apply(t.Context(), applied, client.DryRunAll, client.ForceOwnership, client.FieldOwner("test")); err != nil {
			t.Errorf("applying %s: %v\n%s", key(o), err, document)
		}
	}
}

// ensureKinds creates the CustomResourceDefinitions of config, and those of the Prometheus Operator. The latter are made from its Go
// types, as its own are.
func ensureKinds(t *testing.T) {
	t.Helper()
	kubectl(t, "apply", "--server-side", "--force-conflicts", "-f", place(t, "config", "crd", "bases"))
	dir := t.TempDir()
	if _, err := command(t, "go", "tool", "controller-gen", "crd:maxDescLen=0", "output:crd:dir="+dir,
		"paths=github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"servicemonitors", "podmonitors", "prometheusrules"} {
		kubectl(t, "apply", "--server-side", "-f", filepath.Join(dir, "monitoring.coreos.com_"+kind+".yaml"))
	}
	kubectl(t, "wait", "--for=condition=Established", "--timeout=1m", "crd", "--all")
}

func ensureNamespaces(t *testing.T, c client.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}

// expectRestricted lets each pod into a namespace under the strictest of Kubernetes' Pod Security Standards, and not the same pod with
// one right more.
func expectRestricted(t *testing.T, objects map[string]*unstructured.Unstructured) {
	t.Helper()
	c := newClient(t)
	restricted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "restricted-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := c.Create(t.Context(), restricted); err != nil {
		t.Fatal(err)
	}
	pods := 0
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		pods++
		pod := podOf(t, o)
		pod.Namespace, pod.GenerateName = restricted.Name, "manager-"
		if err := c.Create(t.Context(), pod.DeepCopy(), client.DryRunAll); err != nil {
			t.Errorf("%v\n%v", err, o.Object)
		}
		pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = ptr.To(true)
		if err := c.Create(t.Context(), pod, client.DryRunAll); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "PodSecurity") {
			t.Errorf("a pod with allowPrivilegeEscalation is not refused: %v", err)
		}
	}
	if pods < 50 {
		t.Errorf("only %d pods were seen", pods)
	}
}

// podOf is a pod of a Deployment.
func podOf(t *testing.T, deployment *unstructured.Unstructured) *corev1.Pod {
	t.Helper()
	template, found, err := unstructured.NestedMap(deployment.Object, "spec", "template")
	if err != nil || !found {
		t.Fatalf("there is no pod in %v: %v", deployment.Object, err)
	}
	pod := &corev1.Pod{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// scoredKinds are the kinds that kube-score compares with each other.
func scoredKinds() []string {
	return []string{"Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service"}
}

// expectScore has kube-score look at each different set of objects. A critical finding is expected where somebody turned off the object
// that kube-score misses.
func expectScore(t *testing.T, renderings []rendering, all *collection) {
	t.Helper()
	var input strings.Builder
	want := map[string][]string{}
	seen := map[string]bool{}
	for _, r := range renderings {
		var scored documents
		for _, document := range r.documents {
			if slices.Contains(scoredKinds(), all.add(t, document).GetKind()) {
				scored = append(scored, document)
			}
		}
		text := strings.Join(scored, "\n---\n")
		if seen[text] {
			continue
		}
		seen[text] = true
		place := fmt.Sprintf("set-%d", len(seen))
		want[place] = expectedFindings(r.chosen)
		input.WriteString(strings.ReplaceAll(text, `namespace: "`+namespace+`"`, "namespace: "+place) + "\n---\n")
	}
	found := score(t, input.String())
	for place, findings := range want {
		if !slices.Equal(found[place], findings) {
			t.Errorf("kube-score finds %v critical, want %v", found[place], findings)
		}
	}
	t.Logf("kube-score has seen %d different sets of objects", len(seen))
}

func expectedFindings(chosen map[string]string) []string {
	var findings []string
	if chosen["podDisruptionBudget"] == "off" && chosen["replicas"] == "two" {
		findings = append(findings, "deployment-has-poddisruptionbudget")
	}
	if chosen["networkPolicy"] == "off" {
		findings = append(findings, "pod-networkpolicy")
	}
	return findings
}

// score returns the critical findings of kube-score by namespace, sorted.
func score(t *testing.T, text string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "kube-score", "score", "-", "--output-format=json",
		// A limit would only delay the work.
		"--ignore-container-cpu-limit",
		// The tag of a release does not move, and a pod that is restarted does not depend on the registry.
		"--ignore-test=container-image-pull-policy",
	)
	cmd.Dir = place(t, "hack", "charttools")
	cmd.Stdin, cmd.Stderr = strings.NewReader(text), os.Stderr
	out, err := cmd.Output() // kube-score exits with an error after a critical finding
	var scored []struct {
		ObjectMeta metav1.ObjectMeta `json:"object_meta"`
		Checks     []struct {
			Check struct {
				ID string `json:"id"`
			} `json:"check"`
			Grade   int  `json:"grade"`
			Skipped bool `json:"skipped"`
		} `json:"checks"`
	}
	if wrong := json.Unmarshal(out, &scored); wrong != nil {
		t.Fatalf("running kube-score: %v: %v", err, wrong)
	}
	const critical = 1
	findings := map[string][]string{}
	for _, o := range scored {
		for _, c := range o.Checks {
			if !c.Skipped && c.Grade == critical {
				findings[o.ObjectMeta.Namespace] = append(findings[o.ObjectMeta.Namespace], c.Check.ID)
			}
		}
	}
	for _, ids := range findings {
		slices.Sort(ids)
	}
	if len(scored) == 0 {
		t.Fatal("kube-score saw nothing")
	}
	return findings
}
