// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// highlyAvailable is config/default with the component for two replicas.
func highlyAvailable(t *testing.T) []client.Object {
	t.Helper()
	return overlay(t, "resources: [CONFIG/default]\ncomponents: [CONFIG/components/high-availability]\n")
}

// overlay renders a kustomization of somebody who installs the operator. CONFIG stands for the directory config.
func overlay(t *testing.T, kustomization string) []client.Object {
	t.Helper()
	place := t.TempDir()
	config, err := filepath.Rel(resolved(t, place), resolved(t, directory(t)))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(kustomization, "CONFIG", config)
	if err := os.WriteFile(filepath.Join(place, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return decode(t, "the kustomization", kustomized(t, place))
}

// resolved is a path without symbolic links, which kustomize follows.
func resolved(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// only is the one object of a type.
func only[T client.Object](t *testing.T, objects []client.Object) T {
	t.Helper()
	found := of[T](objects)
	if len(found) != 1 {
		t.Fatalf("there are %d objects of type %T, want 1", len(found), *new(T))
	}
	return found[0]
}

// misfits names the selectors that do not select the pods of the Deployment, and the ports that these do not have.
func misfits(t *testing.T, objects []client.Object) []string {
	t.Helper()
	deployment := only[*appsv1.Deployment](t, objects)
	template := deployment.Spec.Template
	selectors := map[string]*metav1.LabelSelector{"Deployment": deployment.Spec.Selector}
	for _, c := range template.Spec.TopologySpreadConstraints {
		selectors["topology spread by "+c.TopologyKey] = c.LabelSelector
	}
	service := only[*corev1.Service](t, objects)
	selectors["Service"] = &metav1.LabelSelector{MatchLabels: service.Spec.Selector}
	network := only[*networkingv1.NetworkPolicy](t, objects)
	selectors["NetworkPolicy"] = &network.Spec.PodSelector
	for _, budget := range of[*policyv1.PodDisruptionBudget](objects) {
		selectors["PodDisruptionBudget"] = budget.Spec.Selector
	}
	var wrong []string
	for name, s := range selectors {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			t.Fatal(err)
		}
		if selector.Empty() || !selector.Matches(labels.Set(template.Labels)) {
			wrong = append(wrong, fmt.Sprintf("the selector of the %s is %q, and the labels of the pods are %v", name, selector, template.Labels))
		}
	}
	ports := map[string]bool{}
	for _, p := range template.Spec.Containers[0].Ports {
		ports[p.Name] = true
	}
	for _, p := range service.Spec.Ports {
		if !ports[p.TargetPort.StrVal] {
			wrong = append(wrong, fmt.Sprintf("the Service leads to port %v, which the pods do not have", &p.TargetPort))
		}
	}
	admitted := map[string]bool{}
	for _, rule := range network.Spec.Ingress {
		for _, p := range rule.Ports {
			admitted[p.Port.StrVal] = true
		}
	}
	for name := range ports {
		if !admitted[name] {
			wrong = append(wrong, fmt.Sprintf("the NetworkPolicy does not admit port %s", name))
		}
	}
	return wrong
}

// TestSelectorsFit checks that every selector selects the pods of the Deployment, and that their ports are named right.
func TestSelectorsFit(t *testing.T) {
	t.Parallel()
	for name, render := range map[string]func(*testing.T) []client.Object{"Default": rendered, "HighlyAvailable": highlyAvailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, wrong := range misfits(t, render(t)) {
				t.Error(wrong)
			}
		})
	}
}

// TestMisfitsAreFound breaks each selector and port, and wants each to be noticed.
func TestMisfitsAreFound(t *testing.T) {
	t.Parallel()
	const key = "app.kubernetes.io/component"
	for name, breaks := range map[string]func([]client.Object){
		"Deployment": func(o []client.Object) {
			only[*appsv1.Deployment](t, o).Spec.Selector.MatchLabels[key] = "x"
		},
		"topology spread": func(o []client.Object) {
			only[*appsv1.Deployment](t, o).Spec.Template.Spec.TopologySpreadConstraints[1].LabelSelector.MatchLabels[key] = "x"
		},
		"Service ":      func(o []client.Object) { only[*corev1.Service](t, o).Spec.Selector[key] = "x" },
		"leads to port": func(o []client.Object) { only[*corev1.Service](t, o).Spec.Ports[0].TargetPort.StrVal = "x" },
		"NetworkPolicy is": func(o []client.Object) {
			only[*networkingv1.NetworkPolicy](t, o).Spec.PodSelector.MatchLabels[key] = "x"
		},
		"does not admit": func(o []client.Object) { only[*networkingv1.NetworkPolicy](t, o).Spec.Ingress = nil },
		"PodDisruptionBudget ": func(o []client.Object) {
			only[*policyv1.PodDisruptionBudget](t, o).Spec.Selector.MatchLabels[key] = "x"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := highlyAvailable(t)
			breaks(objects)
			if found := strings.Join(misfits(t, objects), "\n"); !strings.Contains(found, name) {
				t.Errorf("%q is not found: %s", name, found)
			}
		})
	}
}

// TestReplicas has a budget for disruptions exactly where there is more than one replica: with one, it would stop the drain
// of a node.
func TestReplicas(t *testing.T) {
	t.Parallel()
	for replicas, objects := range map[int32][]client.Object{1: rendered(t), 2: highlyAvailable(t)} {
		if got := ptr.Deref(only[*appsv1.Deployment](t, objects).Spec.Replicas, 1); got != replicas {
			t.Errorf("there are %d replicas, want %d", got, replicas)
		}
		if budgets := of[*policyv1.PodDisruptionBudget](objects); len(budgets) != int(replicas)-1 {
			t.Errorf("with %d replicas, there are %d PodDisruptionBudgets", replicas, len(budgets))
		}
	}
}

// TestMemoryLimitOfTheGarbageCollector keeps GOMEMLIMIT in step with the limit: the API can pass the limit, but not a part of it.
func TestMemoryLimitOfTheGarbageCollector(t *testing.T) {
	t.Parallel()
	container := only[*appsv1.Deployment](t, rendered(t)).Spec.Template.Spec.Containers[0]
	const mebibyte = 1 << 20
	want := container.Resources.Limits.Memory().Value() * 9 / 10 / mebibyte
	for _, variable := range container.Env {
		if variable.Name != "GOMEMLIMIT" {
			continue
		}
		if got := variable.Value; got != strconv.FormatInt(want, 10)+"MiB" {
			t.Errorf("GOMEMLIMIT is %q, want 90 %% of the limit, which is %dMiB", got, want)
		}
		return
	}
	t.Error("GOMEMLIMIT is not set")
}

// TestDNSIsReachable has the NetworkPolicy let DNS out at any address, also where a network plugin compares the port of the DNS pods:
// 5353 with OpenShift, 8053 with Gardener.
func TestDNSIsReachable(t *testing.T) {
	t.Parallel()
	open := map[string]bool{}
	for _, rule := range only[*networkingv1.NetworkPolicy](t, rendered(t)).Spec.Egress {
		if len(rule.To) > 0 {
			continue
		}
		for _, p := range rule.Ports {
			open[fmt.Sprintf("%s %v", ptr.Deref(p.Protocol, corev1.ProtocolTCP), p.Port)] = true
		}
	}
	for _, port := range []int{53, 5353, 8053} {
		for _, protocol := range []corev1.Protocol{corev1.ProtocolUDP, corev1.ProtocolTCP} {
			if want := fmt.Sprintf("%s %d", protocol, port); !open[want] {
				t.Errorf("%s is closed; open are %v", want, open)
			}
		}
	}
}

// TestResources wants requests and limits, but no limit for CPU, which would only delay the work.
func TestResources(t *testing.T) {
	t.Parallel()
	resources := only[*appsv1.Deployment](t, rendered(t)).Spec.Template.Spec.Containers[0].Resources
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		request, limit := resources.Requests[name], resources.Limits[name]
		if request.IsZero() || limit.IsZero() != (name == corev1.ResourceCPU) || !limit.IsZero() && limit.Cmp(request) < 0 {
			t.Errorf("%s: the request is %v and the limit %v", name, &request, &limit)
		}
	}
}
