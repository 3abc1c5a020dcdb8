// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// rendering is what Helm makes of a combination.
type rendering struct {
	combination
	documents documents
}

// collection has every different document of many renderings, and the object in it.
type collection struct {
	mu      sync.Mutex
	objects map[string]*unstructured.Unstructured
}

func (c *collection) add(t *testing.T, document string) *unstructured.Unstructured {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.objects[document]; o != nil {
		return o
	}
	o, err := decode(document)
	if err != nil {
		t.Error(err)
		return &unstructured.Unstructured{}
	}
	c.objects[document] = o
	return o
}

// TestEveryCombination renders every combination of the chart's switches and checks that each switch does what it says. Each different
// object is applied to the API server for show, each different pod has to be admitted as restricted, and kube-score has to find
// nothing critical.
func TestEveryCombination(t *testing.T) {
	t.Parallel()
	joint, separate := divided(loaded(t))
	all := collection{objects: map[string]*unstructured.Unstructured{}}
	renderings := renderAll(t, joint, combinations(jointToggles()))
	for _, r := range renderings {
		present := map[string]bool{}
		for _, document := range r.documents {
			present[key(all.add(t, document))] = true
		}
		for name, want := range expected(r.chosen) {
			if present[name] != want {
				t.Errorf("%v: %s is present: %t, want %t", r.chosen, name, present[name], want)
			}
		}
	}
	jointObjects := len(all.objects)
	for name, s := range separateToggles() {
		for _, r := range renderAll(t, only(separate, name), combinations([]toggle{s, {"settings", []choice{{"default", nil}, {"all", settings()}}}})) {
			for _, document := range r.documents {
				all.add(t, document)
			}
		}
	}
	t.Logf("%d combinations render %d different objects; %d more come from templates with a switch of their own",
		len(renderings), jointObjects, len(all.objects)-jointObjects)
	if len(renderings) < 1000 || jointObjects < 100 {
		t.Error("these are too few")
	}
	t.Run("Accepted", func(t *testing.T) { t.Parallel(); expectAccepted(t, all.objects) })
	t.Run("Restricted", func(t *testing.T) { t.Parallel(); expectRestricted(t, all.objects) })
	t.Run("Scored", func(t *testing.T) { t.Parallel(); expectScore(t, renderings, &all) })
}

// expected says which objects there are with these choices.
func expected(chosen map[string]string) map[string]bool {
	is := func(toggle, choice string) bool { return chosen[toggle] == choice }
	manager, here := release+"-controller-manager", namespace+"/"
	rbac, measured := is("rbac", "on"), !is("metrics", "off")
	account := manager
	monitors, monitored, byPod := here, is("metrics", "monitored"), is("metrics", "monitored by pod")
	scraped := monitored || byPod
	if is("settings", "all") {
		// The settings name another Secret.
		monitors, scraped = "monitoring/", false
	}
	return map[string]bool{
		"Deployment " + here + manager:                                   true,
		"NetworkPolicy " + here + manager:                                is("networkPolicy", "on"),
		"PodDisruptionBudget " + here + manager:                          is("podDisruptionBudget", "on") && is("replicas", "two"),
		"ServiceAccount " + here + account:                               is("serviceAccount", "on"),
		"ClusterRole /" + release + "-manager-role":                      rbac,
		"ClusterRoleBinding /" + release + "-manager-rolebinding":        rbac,
		"Role " + here + release + "-manager-role":                       rbac && is("watchNamespaces", "some"),
		"RoleBinding " + here + release + "-manager-rolebinding":         rbac && is("watchNamespaces", "some"),
		"Role " + here + release + "-leader-election-role":               rbac,
		"RoleBinding " + here + release + "-leader-election-rolebinding": rbac,
		"Role team-a/" + release + "-watched":                            rbac && is("watchNamespaces", "some"),
		"RoleBinding team-b/" + release + "-watched":                     rbac && is("watchNamespaces", "some"),
		"Service " + here + release + "-metrics":                         measured,
		"ClusterRole /" + release + "-metrics-auth-role":                 measured && rbac,
		"ClusterRoleBinding /" + release + "-metrics-auth-rolebinding":   measured && rbac,
		"ClusterRole /" + release + "-metrics-reader":                    measured && rbac,
		"ClusterRoleBinding /" + release + "-metrics-readers":            measured && rbac && is("settings", "all"),
		"ServiceMonitor " + monitors + manager:                           monitored,
		"PodMonitor " + monitors + manager:                               byPod,
		"PrometheusRule " + monitors + manager:                           monitored,
		"ServiceAccount " + here + release + "-metrics-scraper":          scraped,
		"Secret " + here + release + "-metrics-scraper":                  scraped,
		"ClusterRoleBinding /" + release + "-metrics-scraper":            scraped && rbac,
	}
}

// renderAll renders all combinations, on all processors.
func renderAll(t *testing.T, c *chart.Chart, all []combination) []rendering {
	t.Helper()
	renderings := make([]rendering, len(all))
	var work sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for i := part; i < len(all); i += runtime.GOMAXPROCS(0) {
				d, err := render(c, all[i].values)
				if err != nil {
					t.Errorf("%v: %v", all[i].chosen, err)
				}
				renderings[i] = rendering{all[i], d}
			}
		})
	}
	work.Wait()
	return renderings
}

// divided returns the chart without the templates that have a switch of their own, and the chart.
func divided(c *chart.Chart) (joint, whole *chart.Chart) {
	rest := *c
	rest.Templates = nil
	for _, template := range c.Templates {
		if _, separate := separateToggles()[path.Base(template.Name)]; !separate {
			rest.Templates = append(rest.Templates, template)
		}
	}
	return &rest, c
}

// only returns the chart with one template, beside those that define names.
func only(c *chart.Chart, name string) *chart.Chart {
	one := *c
	one.Templates = nil
	for _, template := range c.Templates {
		if path.Base(template.Name) == name || path.Ext(template.Name) == ".tpl" {
			one.Templates = append(one.Templates, template)
		}
	}
	return &one
}

// TestSeparateTemplatesLookAtTheirOwnSwitch is why their combinations with others need not be rendered.
func TestSeparateTemplatesLookAtTheirOwnSwitch(t *testing.T) {
	t.Parallel()
	read := regexp.MustCompile(`\.Values\.(\w+)`)
	include := regexp.MustCompile(`include "([^"]+)"`)
	seen := 0
	for _, template := range loaded(t).Templates {
		own, separate := separateToggles()[path.Base(template.Name)]
		if !separate {
			continue
		}
		seen++
		for _, found := range read.FindAllStringSubmatch(string(template.Data), -1) {
			if found[1] != own.name {
				t.Errorf("%s looks at .Values.%s; move its switch to jointToggles", template.Name, found[1])
			}
		}
		for _, found := range include.FindAllStringSubmatch(string(template.Data), -1) {
			if !slices.Contains([]string{"clerk-operator.metadata", "clerk-operator.fullname"}, found[1]) {
				t.Errorf("%s includes %s; move its switch to jointToggles", template.Name, found[1])
			}
		}
	}
	if seen != len(separateToggles()) {
		t.Errorf("%d templates were found, want %d", seen, len(separateToggles()))
	}
}

// TestSwitchesAreToggled wants every switch of values.yaml in the tests: a key that is true or false there.
func TestSwitchesAreToggled(t *testing.T) {
	t.Parallel()
	toggled := map[string]bool{}
	toggles := jointToggles()
	for _, s := range separateToggles() {
		toggles = append(toggles, s)
	}
	for _, s := range toggles {
		for _, choice := range s.choices {
			for _, name := range switchesOf("", choice.values) {
				toggled[name] = true
			}
		}
	}
	for _, name := range switchesOf("", loaded(t).Values) {
		// Security contexts have booleans that are no switches of the chart.
		if !toggled[name] && !strings.Contains(strings.ToLower(name), "securitycontext") {
			t.Errorf("no combination has another %s than the default", name)
		}
	}
}

func switchesOf(path string, v values) []string {
	var found []string
	for name, value := range v {
		switch value := value.(type) {
		case bool:
			found = append(found, path+name)
		case values:
			found = append(found, switchesOf(path+name+".", value)...)
		}
	}
	return found
}
