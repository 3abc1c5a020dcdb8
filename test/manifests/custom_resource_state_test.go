// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// customResourceState is the part of kube-state-metrics' configuration that the file uses.
type customResourceState struct {
	Kind string `json:"kind"`
	Spec struct {
		Resources []resourceState `json:"resources"`
	} `json:"spec"`
}

type resourceState struct {
	GroupVersionKind struct {
		Group   string `json:"group"`
		Version string `json:"version"`
		Kind    string `json:"kind"`
	} `json:"groupVersionKind"`
	MetricNamePrefix string              `json:"metricNamePrefix"`
	LabelsFromPath   map[string][]string `json:"labelsFromPath"`
	ErrorLogV        int                 `json:"errorLogV"`
	Metrics          []struct {
		Name string `json:"name"`
		Help string `json:"help"`
		Each struct {
			Type  string       `json:"type"`
			Gauge *metricState `json:"gauge"`
			Info  *metricState `json:"info"`
		} `json:"each"`
	} `json:"metrics"`
}

type metricState struct {
	Path           []string            `json:"path"`
	ValueFrom      []string            `json:"valueFrom"`
	NilIsZero      bool                `json:"nilIsZero"`
	LabelsFromPath map[string][]string `json:"labelsFromPath"`
}

// publicPaths are the fields whose values may be in metrics: states, policies, times, counts, and names of objects. Everything else of
// a ClerkUser may be about a person.
func publicPaths() []string {
	return []string{
		"metadata.namespace", "metadata.name", "metadata.creationTimestamp", "metadata.deletionTimestamp", "metadata.generation",
		"spec.mode", "spec.suspend", "spec.banned", "spec.locked", "spec.userRef.name",
		"status.action", "status.banned", "status.completedAt", "status.conditions.lastTransitionTime", "status.conditions.reason",
		"status.conditions.status", "status.conditions.type", "status.environment", "status.heldDeletions", "status.instance.name",
		"status.instance.namespace", "status.instanceID", "status.lastWriteTime", "status.locked", "status.managedUsers",
		"status.observedGeneration", "status.onDelete", "status.origin", "status.users",
	}
}

// TestStateOfCustomResourcesNamesFields decodes the configuration of kube-state-metrics strictly, and wants every field that it reads in
// the CustomResourceDefinitions and among those without personal data.
func TestStateOfCustomResourcesNamesFields(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(directory(t, "kube-state-metrics", "clerk-operator.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config customResourceState
	if err := yaml.UnmarshalStrict(text, &config); err != nil || config.Kind != "CustomResourceStateMetrics" {
		t.Fatalf("the kind is %q: %v", config.Kind, err)
	}
	definitions := of[*apiextensionsv1.CustomResourceDefinition](rendered(t))
	if len(config.Spec.Resources) != len(definitions) {
		t.Errorf("there are %d resources and %d kinds", len(config.Spec.Resources), len(definitions))
	}
	for _, r := range config.Spec.Resources {
		kind := r.GroupVersionKind.Kind
		schema := schemaOf(t, definitions, r)
		if want := "kube_" + strings.ToLower(kind); r.MetricNamePrefix != want {
			t.Errorf("%s: the prefix is %q, want %q", kind, r.MetricNamePrefix, want)
		}
		// Each object lacks some of the fields, and kube-state-metrics calls that an error at each change of the object.
		if r.ErrorLogV < 5 {
			t.Errorf("%s: fields that an object does not have are logged at level %d, want at least 5", kind, r.ErrorLogV)
		}
		for _, path := range r.LabelsFromPath {
			expectPublic(t, kind, schema, path)
		}
		for _, m := range r.Metrics {
			state := m.Each.Gauge
			if m.Each.Type == "Info" {
				state = m.Each.Info
			}
			if state == nil || m.Help == "" {
				t.Fatalf("%s: metric %s has no help, or another type than it says", kind, m.Name)
			}
			if m.Each.Type == "Gauge" {
				expectPublic(t, kind, schema, append(slices.Clone(state.Path), state.ValueFrom...))
				expectOneSeries(t, kind, m.Name, schema, state)
			}
			for _, path := range state.LabelsFromPath {
				expectPublic(t, kind, schema, append(slices.Clone(state.Path), path...))
			}
		}
	}
}

// schemaOf is the schema of a resource's kind.
func schemaOf(t *testing.T, definitions []*apiextensionsv1.CustomResourceDefinition, r resourceState) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	for _, d := range definitions {
		for _, v := range d.Spec.Versions {
			if d.Spec.Group == r.GroupVersionKind.Group && d.Spec.Names.Kind == r.GroupVersionKind.Kind && v.Name == r.GroupVersionKind.Version {
				return *v.Schema.OpenAPIV3Schema
			}
		}
	}
	t.Fatalf("there is no kind %+v", r.GroupVersionKind)
	return apiextensionsv1.JSONSchemaProps{}
}

// expectPublic wants a path that the kind has and whose values may be in metrics. The API server knows the fields of metadata.
func expectPublic(t *testing.T, kind string, schema apiextensionsv1.JSONSchemaProps, path []string) {
	t.Helper()
	name := strings.Join(path, ".")
	if !slices.Contains(publicPaths(), name) {
		t.Errorf("%s: %s may have personal data, and metrics must not", kind, name)
	}
	if path[0] == "metadata" {
		return
	}
	for _, field := range path {
		if schema.Items != nil {
			schema = *schema.Items.Schema
		}
		below, found := schema.Properties[field]
		if !found {
			t.Errorf("%s has no field %s", kind, name)
			return
		}
		schema = below
	}
}

// expectOneSeries wants the path of a gauge to end at a list, of whose elements it takes a field, or at a plain value. Of an object,
// kube-state-metrics would make a series for each field, with the same labels.
func expectOneSeries(t *testing.T, kind, name string, schema apiextensionsv1.JSONSchemaProps, state *metricState) {
	t.Helper()
	if state.Path[0] == "metadata" {
		if len(state.Path) != 2 || state.ValueFrom != nil {
			t.Errorf("%s: %s reads all of metadata", kind, name)
		}
		return
	}
	for _, field := range state.Path {
		schema = schema.Properties[field]
	}
	if (schema.Type == "array") != (state.ValueFrom != nil) || schema.Type == "object" {
		t.Errorf("%s: the path of %s ends at type %s, with valueFrom %q", kind, name, schema.Type, state.ValueFrom)
	}
}

// TestKubeStateMetricsMayReadTheKinds wants the rights for all kinds of the configuration and nothing but reading.
func TestKubeStateMetricsMayReadTheKinds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(directory(t, "kube-state-metrics", "rbac.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	objects := decode(t, "kube-state-metrics/rbac.yaml", string(text))
	role, binding := only[*rbacv1.ClusterRole](t, objects), only[*rbacv1.ClusterRoleBinding](t, objects)
	if binding.RoleRef.Name != role.Name {
		t.Errorf("the binding is for %s", binding.RoleRef.Name)
	}
	for _, d := range of[*apiextensionsv1.CustomResourceDefinition](rendered(t)) {
		if !slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
			return slices.Contains(r.APIGroups, d.Spec.Group) && slices.Contains(r.Resources, d.Spec.Names.Plural)
		}) {
			t.Errorf("the role lacks %s", d.Spec.Names.Plural)
		}
	}
	for _, r := range role.Rules {
		if !slices.Equal(r.Verbs, []string{"list", "watch"}) || slices.Contains(r.Resources, "*") {
			t.Errorf("the role allows more than reading: %+v", r)
		}
	}
}
