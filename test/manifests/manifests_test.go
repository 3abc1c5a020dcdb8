// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestEveryFileIsWellFormed decodes every manifest strictly into its type, also those that no kustomization names.
func TestEveryFileIsWellFormed(t *testing.T) {
	t.Parallel()
	root, seen := directory(t), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if below, err := filepath.Rel(root, path); err != nil || judgedElsewhere(below) {
			return err
		}
		name := filepath.Base(path)
		if filepath.Ext(name) != ".yaml" {
			t.Errorf("%s is not a manifest", path)
		}
		if strings.HasPrefix(name, "kustom") || name == "cluster_scoped.yaml" {
			return nil // kubectl kustomize judges these
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen += len(decode(t, path, string(text)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Errorf("only %d manifests were seen", seen)
	}
}

// judgedElsewhere reports whether a file of config is for other programs than Kubernetes. test/chart has the kinds of the Prometheus
// Operator, test/alerts has promtool, hack/monitoring has the types of Grafana, and custom_resource_state_test.go those of
// kube-state-metrics.
func judgedElsewhere(below string) bool {
	return slices.Contains([]string{
		"grafana/clerk-operator.json", "kube-state-metrics/clerk-operator.yaml", "prometheus/pod-monitor/pod_monitor.yaml",
		"prometheus/prometheus_rule.yaml", "prometheus/rules.yaml", "prometheus/service_monitor.yaml",
	}, below)
}

// TestDefaultIsAcceptedByTheAPIServer applies all of config/default for show.
func TestDefaultIsAcceptedByTheAPIServer(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for _, o := range rendered(t) {
		gvk, err := apiutil.GVKForObject(o, c.Scheme())
		if err != nil {
			t.Fatal(err)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{Object: content}
		u.SetGroupVersionKind(gvk)
		unstructured.RemoveNestedField(u.Object, "status")
		if u.GetNamespace() != "" {
			u.SetNamespace(namespace)
		}
		applied := client.ApplyConfigurationFromUnstructured(u)
		if err := c.Apply(t.Context(), applied, client.DryRunAll, client.ForceOwnership, client.FieldOwner("test")); err != nil {
			t.Errorf("applying %s %s: %v", gvk.Kind, o.GetName(), err)
		}
	}
}

// TestDefaultHangsTogether follows the names by which the objects of config/default refer to each other.
func TestDefaultHangsTogether(t *testing.T) {
	t.Parallel()
	objects := rendered(t)
	const namespace = "clerk-operator-system"
	exists := map[string]bool{}
	for _, o := range objects {
		exists[o.GetObjectKind().GroupVersionKind().Kind+" "+o.GetNamespace()+"/"+o.GetName()] = true
		if o.GetLabels()["app.kubernetes.io/name"] != "clerk-operator" {
			t.Errorf("%s lacks the label app.kubernetes.io/name", o.GetName())
		}
	}
	expect := func(wanted, by string) {
		t.Helper()
		if !exists[wanted] {
			t.Errorf("%s names %s, which there is not", by, wanted)
		}
	}
	expect("Namespace /"+namespace, "config/default")
	for _, b := range of[*rbacv1.ClusterRoleBinding](objects) {
		expect(b.RoleRef.Kind+" /"+b.RoleRef.Name, b.Name)
		for _, s := range b.Subjects {
			expect(s.Kind+" "+s.Namespace+"/"+s.Name, b.Name)
		}
	}
	bound := map[string]bool{}
	for _, b := range of[*rbacv1.RoleBinding](objects) {
		expect(b.RoleRef.Kind+" "+b.Namespace+"/"+b.RoleRef.Name, b.Name)
		bound[b.RoleRef.Name] = true
		for _, s := range b.Subjects {
			expect(s.Kind+" "+s.Namespace+"/"+s.Name, b.Name)
		}
	}
	for _, r := range of[*rbacv1.Role](objects) {
		if !bound[r.Name] || r.Namespace != namespace {
			t.Errorf("the Role %s/%s is bound to nobody", r.Namespace, r.Name)
		}
	}
	for _, b := range of[*admissionv1.ValidatingAdmissionPolicyBinding](objects) {
		expect("ValidatingAdmissionPolicy /"+b.Spec.PolicyName, b.Name)
	}
	for _, d := range of[*appsv1.Deployment](objects) {
		expect("ServiceAccount "+d.Namespace+"/"+d.Spec.Template.Spec.ServiceAccountName, d.Name)
		for key, value := range d.Spec.Selector.MatchLabels {
			if d.Spec.Template.Labels[key] != value {
				t.Errorf("%s selects %s=%s, which its pods do not have", d.Name, key, value)
			}
		}
		checkPorts(t, d)
	}
}

// checkPorts checks that probes use an existing port.
func checkPorts(t *testing.T, d *appsv1.Deployment) {
	t.Helper()
	for _, container := range d.Spec.Template.Spec.Containers {
		ports := map[string]bool{}
		for _, port := range container.Ports {
			ports[port.Name] = true
		}
		for _, asked := range []struct {
			path  string
			probe *corev1.Probe
		}{
			{"/healthz", container.StartupProbe},
			{"/healthz", container.LivenessProbe},
			{"/readyz", container.ReadinessProbe},
		} {
			if asked.probe == nil || asked.probe.HTTPGet == nil || asked.probe.HTTPGet.Path != asked.path || !ports[asked.probe.HTTPGet.Port.StrVal] {
				t.Errorf("%s does not ask %s at a port of its own: %v", container.Name, asked.path, asked.probe)
			}
		}
	}
}

// TestPodIsRestricted lets the pod of the Deployment into a namespace under the strictest of Kubernetes' pod security
// standards, and not the same pod with one right more.
func TestPodIsRestricted(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "restricted-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	for _, d := range of[*appsv1.Deployment](rendered(t)) {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace.Name, Name: d.Spec.Template.Spec.ServiceAccountName,
		}}
		if err := c.Create(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{ObjectMeta: d.Spec.Template.ObjectMeta, Spec: d.Spec.Template.Spec}
		pod.Namespace, pod.GenerateName = namespace.Name, "manager-"
		if err := c.Create(t.Context(), pod.DeepCopy(), client.DryRunAll); err != nil {
			t.Error(err)
		}
		pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = new(true)
		if err := c.Create(t.Context(), pod, client.DryRunAll); err == nil {
			t.Error("the namespace is not restricted")
		}
		if read := d.Spec.Template.Spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem; read == nil || !*read {
			t.Error("the root file system can be written")
		}
	}
	for _, n := range of[*corev1.Namespace](rendered(t)) {
		if n.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
			t.Errorf("the namespace %s is not restricted", n.Name)
		}
	}
}
