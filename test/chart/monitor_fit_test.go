// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// monitored are installations with a monitor, by what they are.
func monitored() map[string]func(*testing.T) map[string]*unstructured.Unstructured {
	const base = "resources: [CONFIG/default]\ncomponents: [CONFIG/prometheus"
	byChart := func(kind string, v values) func(*testing.T) map[string]*unstructured.Unstructured {
		return func(t *testing.T) map[string]*unstructured.Unstructured {
			d, err := render(loaded(t), values{"commonLabels": values{"team": "a"}, "metrics": values{kind: merged(v, values{"enabled": true})}})
			if err != nil {
				t.Fatal(err)
			}
			return d.objects(t)
		}
	}
	byKustomize := func(text string) func(*testing.T) map[string]*unstructured.Unstructured {
		return func(t *testing.T) map[string]*unstructured.Unstructured { return kustomized(t, text) }
	}
	return map[string]func(*testing.T) map[string]*unstructured.Unstructured{
		"ServiceMonitor of config":                          byKustomize(base + "]\n"),
		"ServiceMonitor of config, in another namespace":    byKustomize("namespace: ops\n" + base + "]\ntransformers: [CONFIG/cluster-scoped]\n"),
		"PodMonitor of config":                              byKustomize(base + ", CONFIG/prometheus/pod-monitor]\n"),
		"ServiceMonitor of the chart":                       byChart("serviceMonitor", values{}),
		"ServiceMonitor of the chart, in another namespace": byChart("serviceMonitor", values{"namespace": "monitoring"}),
		"PodMonitor of the chart":                           byChart("podMonitor", values{}),
		"PodMonitor of the chart, in another namespace":     byChart("podMonitor", values{"namespace": "monitoring"}),
	}
}

// TestMonitorsFit wants each monitor to select the Service or the pods, in their namespace, and to name one of their ports.
func TestMonitorsFit(t *testing.T) {
	t.Parallel()
	for name, objects := range monitored() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wrong := range monitorMisfits(t, objects(t)) {
				t.Error(wrong)
			}
		})
	}
}

// TestMonitorMisfitsAreFound breaks each selector and port, and wants each to be noticed.
func TestMonitorMisfitsAreFound(t *testing.T) {
	t.Parallel()
	const service, pod = "ServiceMonitor of the chart, in another namespace", "PodMonitor of the chart, in another namespace"
	breaks := []struct{ installation, kind, path, want string }{
		{service, "ServiceMonitor", "spec selector matchLabels", "selects"},
		{service, "ServiceMonitor", "spec endpoints", "port"},
		{service, "ServiceMonitor", "spec namespaceSelector", "namespace"},
		{service, "Service", "metadata labels", "selects"},
		{service, "Service", "spec ports", "port"},
		{pod, "PodMonitor", "spec selector matchLabels", "selects"},
		{pod, "PodMonitor", "spec podMetricsEndpoints", "port"},
		{pod, "PodMonitor", "spec namespaceSelector", "namespace"},
		{pod, "Deployment", "spec template metadata labels", "selects"},
	}
	for _, b := range breaks {
		t.Run(b.kind+" "+b.path, func(t *testing.T) {
			t.Parallel()
			objects := monitored()[b.installation](t)
			breakField(t, objects, b.kind, strings.Fields(b.path))
			if found := strings.Join(monitorMisfits(t, objects), "\n"); !strings.Contains(found, b.want) {
				t.Errorf("it is not noticed: %s", found)
			}
		})
	}
}

// breakField changes the names of ports or the values of labels at a path, or else removes what is there.
func breakField(t *testing.T, objects map[string]*unstructured.Unstructured, kind string, path []string) {
	t.Helper()
	for _, o := range objects {
		if o.GetKind() != kind {
			continue
		}
		value, found, err := unstructured.NestedFieldNoCopy(o.Object, path...)
		if err != nil || !found {
			t.Fatalf("%s has no %v: %v", kind, path, err)
		}
		switch v := value.(type) {
		case []any:
			first, _ := v[0].(map[string]any)
			for _, field := range []string{"name", "port"} {
				if _, named := first[field].(string); named {
					first[field] = "x"
				}
			}
		case map[string]any:
			unstructured.RemoveNestedField(o.Object, path...)
			if path[len(path)-1] != "namespaceSelector" {
				err = unstructured.SetNestedStringMap(o.Object, map[string]string{"app.kubernetes.io/name": "x"}, path...)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// monitorMisfits names what the monitors of an installation select wrongly. There has to be one.
func monitorMisfits(t *testing.T, objects map[string]*unstructured.Unstructured) (wrong []string) {
	t.Helper()
	deployment, service := typed[appsv1.Deployment](t, objects, "Deployment"), typed[corev1.Service](t, objects, "Service")
	if len(deployment) != 1 || len(service) != 1 {
		t.Fatalf("there are %d Deployments and %d Services", len(deployment), len(service))
	}
	check := func(kind string, monitor metav1.ObjectMeta, selector metav1.LabelSelector, spaces monitoringv1.NamespaceSelector, port string,
		of metav1.ObjectMeta, namespace string, ports []string,
	) {
		chosen, err := metav1.LabelSelectorAsSelector(&selector)
		if err != nil {
			t.Fatal(err)
		}
		if chosen.Empty() || !chosen.Matches(labels.Set(of.Labels)) {
			wrong = append(wrong, fmt.Sprintf("the %s selects %q, and the labels are %v", kind, chosen, of.Labels))
		}
		if in := append(slices.Clone(spaces.MatchNames), monitor.Namespace); len(spaces.MatchNames) == 0 && namespace != monitor.Namespace ||
			!slices.Contains(in, namespace) {
			wrong = append(wrong, fmt.Sprintf("the %s looks into namespace %v, want %s", kind, in, namespace))
		}
		if !slices.Contains(ports, port) {
			wrong = append(wrong, fmt.Sprintf("the %s reads port %q, and there are %v", kind, port, ports))
		}
	}
	services, pods := typed[monitoringv1.ServiceMonitor](t, objects, "ServiceMonitor"), typed[monitoringv1.PodMonitor](t, objects, "PodMonitor")
	for _, m := range services {
		check("ServiceMonitor", m.ObjectMeta, m.Spec.Selector, m.Spec.NamespaceSelector, m.Spec.Endpoints[0].Port,
			service[0].ObjectMeta, service[0].Namespace, servicePorts(service[0]))
	}
	for _, m := range pods {
		check("PodMonitor", m.ObjectMeta, m.Spec.Selector, m.Spec.NamespaceSelector, ptr.Deref(m.Spec.PodMetricsEndpoints[0].Port, ""),
			deployment[0].Spec.Template.ObjectMeta, deployment[0].Namespace, podPorts(deployment[0]))
	}
	if len(services)+len(pods) != 1 {
		t.Errorf("there are %d ServiceMonitors and %d PodMonitors", len(services), len(pods))
	}
	return wrong
}

func servicePorts(service corev1.Service) (names []string) {
	for _, p := range service.Spec.Ports {
		names = append(names, p.Name)
	}
	return names
}

func podPorts(deployment appsv1.Deployment) (names []string) {
	for _, p := range deployment.Spec.Template.Spec.Containers[0].Ports {
		names = append(names, p.Name)
	}
	return names
}

// typed are the objects of one kind.
func typed[T any](t *testing.T, objects map[string]*unstructured.Unstructured, kind string) (found []T) {
	t.Helper()
	for _, o := range objects {
		if o.GetKind() != kind {
			continue
		}
		var one T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &one); err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
	return found
}
