// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package crd_test shows on a real API server what it accepts and refuses of the kinds in api/v1alpha1, and that every
// refusal names the field and the remedy.
package crd_test

import (
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Main(m)) }

// newClient returns a client with all rights that, as kubectl does, has unknown and duplicate fields refused.
func newClient(t *testing.T) client.Client {
	t.Helper()
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	if err := v1alpha1.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: types})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}

// object is a manifest of a kind with this spec, written in YAML.
func object(t *testing.T, kind, namespace, spec string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{Object: map[string]any{"spec": read(t, spec)}}
	u.SetAPIVersion(v1alpha1.GroupVersion.String())
	u.SetKind(kind)
	u.SetNamespace(namespace)
	u.SetGenerateName("test-")
	return u
}

// read reads a spec as kubectl does, which keeps integers exact.
func read(t *testing.T, spec string) map[string]any {
	t.Helper()
	text, err := yaml.YAMLToJSONStrict([]byte(spec))
	if err != nil {
		t.Fatalf("reading the spec %q: %v", spec, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatalf("reading the spec %q: %v", spec, err)
	}
	return fields
}
