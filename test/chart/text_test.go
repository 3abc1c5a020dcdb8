// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"slices"
	"strings"
	"testing"
)

// TestTextsStayTexts gives values that YAML would read as something else: numbers, a comment, a map.
func TestTextsStayTexts(t *testing.T) {
	t.Parallel()
	d, err := render(loaded(t), values{
		"clusterID": "a: b #c", "watchNamespaces": []any{"111", "222"}, "defaultInstance": "111/333",
		"priorityClassName": "444", "serviceAccount": values{"name": "555"},
		"clerkInstance": values{"create": true, "namespace": "111", "name": "666", "secretName": "777"},
		"metrics":       values{"serviceMonitor": values{"enabled": true, "namespace": "888"}, "prometheusRule": values{"enabled": true, "namespace": "999"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	objects := d.objects(t)
	for _, want := range []string{
		"Role 222/" + release + "-watched", "ServiceAccount " + namespace + "/555", "ClerkInstance 111/666", "ServiceMonitor 888/" + manager,
		"Secret 888/" + release + "-metrics-scraper", "PrometheusRule 999/" + manager,
	} {
		if objects[want] == nil {
			t.Errorf("there is no %s", want)
		}
	}
	pod := podOf(t, objects["Deployment "+namespace+"/"+manager])
	if pod.Spec.PriorityClassName != "444" || pod.Spec.ServiceAccountName != "555" {
		t.Errorf("the pod has the priority %q and the account %q", pod.Spec.PriorityClassName, pod.Spec.ServiceAccountName)
	}
	for _, want := range []string{"--cluster-id=a: b #c", "--watch-namespaces=111,222", "--default-instance=111/333"} {
		if !slices.Contains(pod.Spec.Containers[0].Args, want) {
			t.Errorf("%q is not one of the arguments %q", want, pod.Spec.Containers[0].Args)
		}
	}
}

// TestLongNamesDiffer renders releases whose long names begin alike. Their objects have different names, of a length that Kubernetes
// accepts.
func TestLongNamesDiffer(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, name := range []string{
		strings.Repeat("a", 40) + "-one", strings.Repeat("a", 40) + "-two", "clerk-operator-" + strings.Repeat("b", 30) + "-1",
		"clerk-operator-" + strings.Repeat("b", 30) + "-2", strings.Repeat("c", 30) + "-" + strings.Repeat("c", 20),
	} {
		d, err := renderAs(loaded(t), name, values{"crds": values{"enabled": false}})
		if err != nil {
			t.Fatal(err)
		}
		for k, o := range d.objects(t) {
			if owner[k] != "" {
				t.Errorf("the releases %s and %s both have %s", owner[k], name, k)
			}
			owner[k] = name
			const limit = 63
			if n := len(o.GetName()); n > limit && o.GetKind() == "Service" {
				t.Errorf("%s has a name of %d characters, want at most %d", k, n, limit)
			}
		}
	}
}

// TestMemoryLimit computes GOMEMLIMIT from quantities as a file or --set may give them.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	c := only(loaded(t), "deployment.yaml")
	for _, tc := range []struct {
		limit any
		want  string
	}{
		{"512Mi", "460MiB"}, {"64Mi", "57MiB"}, {"1.5Gi", "1382MiB"}, {"1G", "858MiB"}, {"1P", "858306884MiB"}, {"1Pi", "966367641MiB"},
		{"1E", "858306884765MiB"}, {"1Ei", "989560464998MiB"}, {int64(536870912), "460MiB"}, {float64(536870912), "460MiB"}, {"536870912", "460MiB"},
	} {
		d, err := render(c, values{"resources": values{"limits": values{"memory": tc.limit}}})
		if err != nil {
			t.Errorf("%v: %v", tc.limit, err)
			continue
		}
		if env := podOf(t, d.objects(t)["Deployment "+namespace+"/"+manager]).Spec.Containers[0].Env; len(env) != 1 || env[0].Value != tc.want {
			t.Errorf("%v: the environment is %v, want %s", tc.limit, env, tc.want)
		}
	}
}

// TestGlobalChangesNothing sets what a parent chart may give to all its charts.
func TestGlobalChangesNothing(t *testing.T) {
	t.Parallel()
	usual, err := render(loaded(t), values{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := render(loaded(t), values{"global": values{"imageRegistry": "registry.example.com"}})
	if err != nil || !slices.Equal(got, usual) {
		t.Errorf("global changes the objects, or is refused: %v", err)
	}
}
