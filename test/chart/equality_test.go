// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestChartEqualsKustomize compares the objects of the chart with those of config, one by one. They differ in what normalize removes
// and in the Namespaces, which Helm creates by --create-namespace, and nowhere else.
func TestChartEqualsKustomize(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values        values
		kustomization string
		// changes are what somebody writes in a kustomization to say the same as the values.
		changes func(map[string]*unstructured.Unstructured)
	}{
		"Default": {kustomization: "resources: [CONFIG/default]\n"},
		"HighlyAvailable": {
			values:        values{"replicas": 2},
			kustomization: "resources: [CONFIG/default]\ncomponents: [CONFIG/components/high-availability]\n",
		},
		"Monitored": {
			values:        values{"metrics": values{"serviceMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}}},
			kustomization: "resources: [CONFIG/default]\ncomponents: [CONFIG/prometheus]\n",
		},
		"MonitoredByPod": {
			values:        values{"metrics": values{"podMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}}},
			kustomization: "resources: [CONFIG/default]\ncomponents: [CONFIG/prometheus, CONFIG/prometheus/pod-monitor]\n",
		},
		"Dashboard": {
			values:        values{"metrics": values{"dashboard": values{"enabled": true}}},
			kustomization: "resources: [CONFIG/default, CONFIG/grafana]\n",
			changes: func(objects map[string]*unstructured.Unstructured) {
				// People choose the namespace, which the chart knows.
				name := release + "-dashboard"
				dashboard := objects["ConfigMap /"+name]
				dashboard.SetNamespace(namespace)
				delete(objects, "ConfigMap /"+name)
				objects["ConfigMap "+namespace+"/"+name] = dashboard
			},
		},
		"SomeNamespaces": {
			values:        values{"watchNamespaces": []any{"team-a"}, "clusterID": "test"},
			kustomization: "resources: [CONFIG/namespaced, watched]\n",
			changes: func(objects map[string]*unstructured.Unstructured) {
				addArgs(t, objects, "--watch-namespaces=team-a", "--cluster-id=test")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rendered, err := render(loaded(t), tc.values)
			if err != nil {
				t.Fatal(err)
			}
			want := kustomized(t, tc.kustomization)
			if tc.changes != nil {
				tc.changes(want)
			}
			got := rendered.objects(t)
			normalize(got)
			normalize(want)
			delete(want, "Namespace /"+namespace)
			if len(want) < 20 {
				t.Errorf("kustomize renders %d objects only", len(want))
			}
			for _, k := range slices.Sorted(maps.Keys(want)) {
				if got[k] == nil {
					t.Errorf("the chart lacks %s", k)
				} else if diff := cmp.Diff(want[k].Object, got[k].Object); diff != "" {
					t.Errorf("%s of kustomize (-) and of the chart (+):\n%s", k, diff)
				}
				delete(got, k)
			}
			for k := range got {
				t.Errorf("kustomize lacks %s", k)
			}
		})
	}
}

// normalize removes what must differ: the labels by which Helm and kustomize say where an object comes from, and the annotation by
// which Helm keeps the CustomResourceDefinitions.
func normalize(objects map[string]*unstructured.Unstructured) {
	for _, o := range objects {
		labels, annotations := o.GetLabels(), o.GetAnnotations()
		for _, name := range []string{
			"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart",
		} {
			delete(labels, name)
		}
		delete(annotations, "helm.sh/resource-policy")
		o.SetLabels(labels)
		o.SetAnnotations(annotations)
		if len(annotations) == 0 {
			unstructured.RemoveNestedField(o.Object, "metadata", "annotations")
		}
	}
}

// kustomized are the objects of a kustomization of somebody who installs the operator. CONFIG stands for the directory config, and
// "watched" for the rights in the watched namespace team-a.
func kustomized(t *testing.T, kustomization string) map[string]*unstructured.Unstructured {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(place(t))
	if err != nil {
		t.Fatal(err)
	}
	for below, text := range map[string]string{
		"":        kustomization,
		"watched": "namespace: team-a\nresources: [CONFIG/namespaced/watched]\n",
	} {
		config, err := filepath.Rel(filepath.Join(dir, below), filepath.Join(root, "config"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, below), 0o700); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "CONFIG", config)
		if err := os.WriteFile(filepath.Join(dir, below, "kustomization.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return split(kubectl(t, "kustomize", dir)).objects(t)
}

func addArgs(t *testing.T, objects map[string]*unstructured.Unstructured, args ...any) {
	t.Helper()
	deployment := objects["Deployment "+namespace+"/"+release+"-controller-manager"]
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	if err != nil {
		t.Fatal(err)
	}
	container := containers[0].(map[string]any)
	container["args"] = append(container["args"].([]any), args...)
	if err := unstructured.SetNestedSlice(deployment.Object, containers, "spec", "template", "spec", "containers"); err != nil {
		t.Fatal(err)
	}
}
