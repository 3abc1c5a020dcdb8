// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fluxkustomize "github.com/fluxcd/kustomize-controller/api/v1"
	fluxsource "github.com/fluxcd/source-controller/api/v1"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(controlplane.Main(m))
}

// document is one YAML document of an example.
type document struct {
	path string
	text []byte
	*unstructured.Unstructured
}

// examples returns all documents of the examples.
func examples(t *testing.T) (all []document) {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, pattern := range []string{"argocd/examples/*.yaml", "argocd/examples/*/*.yaml", "flux/*.yaml", "flux/*/*.yaml"} {
		found, err := filepath.Glob(filepath.Join(root, "gitops", pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for text := range bytes.SplitSeq(content, []byte("\n---\n")) {
			o := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict(text, &o.Object); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			all = append(all, document{path, text, o})
		}
	}
	return all
}

// otherKinds are the kinds of other projects in the examples, with the types into which they are decoded, or nil where the project's
// types are not a dependency of this module.
func otherKinds() map[string]func() any {
	return map[string]func() any{
		"source.toolkit.fluxcd.io/v1, Kind=GitRepository":     func() any { return &fluxsource.GitRepository{} },
		"kustomize.toolkit.fluxcd.io/v1, Kind=Kustomization":  func() any { return &fluxkustomize.Kustomization{} },
		"/v1, Kind=ConfigMap":                                 func() any { return &corev1.ConfigMap{} },
		"kustomize.config.k8s.io/v1beta1, Kind=Kustomization": nil,
		"argoproj.io/v1alpha1, Kind=Application":              nil,
		"argoproj.io/v1alpha1, Kind=ApplicationSet":           nil,
		"argoproj.io/v1alpha1, Kind=AppProject":               nil,
		"external-secrets.io/v1, Kind=ExternalSecret":         nil,
	}
}

// TestExamplesAreAccepted applies our kinds in a dry run, and decodes the others strictly.
func TestExamplesAreAccepted(t *testing.T) {
	t.Parallel()
	c, err := client.New(controlplane.Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := controlplane.Namespace(t)
	seen := map[string]int{}
	for _, d := range examples(t) {
		kind := d.GroupVersionKind().String()
		seen[kind]++
		if d.GroupVersionKind().GroupVersion() == v1alpha1.GroupVersion {
			d.SetNamespace(namespace)
			if err := c.Create(t.Context(), d.Unstructured, client.DryRunAll, client.FieldValidation("Strict")); err != nil {
				t.Errorf("%s: %v", d.path, err)
			}
			continue
		}
		into, known := otherKinds()[kind]
		if !known {
			t.Errorf("%s has an object of the kind %s, which no test knows", d.path, kind)
		}
		if into == nil {
			continue
		}
		if err := yaml.UnmarshalStrict(d.text, into()); err != nil {
			t.Errorf("%s: %v", d.path, err)
		}
	}
	for kind := range otherKinds() {
		if seen[kind] == 0 {
			t.Errorf("no example has an object of the kind %s", kind)
		}
	}
	if n := seen[v1alpha1.GroupVersion.String()+", Kind=ClerkUser"]; n < 3 {
		t.Errorf("the examples have %d ClerkUsers", n)
	}
}

// TestKustomizationsNameTheirFiles checks that each file beside a kustomization.yaml is one of its resources.
func TestKustomizationsNameTheirFiles(t *testing.T) {
	t.Parallel()
	for _, d := range examples(t) {
		if filepath.Base(d.path) != "kustomization.yaml" {
			continue
		}
		resources, _, err := unstructured.NestedStringSlice(d.Object, "resources")
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(filepath.Dir(d.path))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != len(resources)+1 {
			t.Errorf("%s has the resources %v beside %d files", d.path, resources, len(files)-1)
		}
		for _, resource := range resources {
			if _, err := os.Stat(filepath.Join(filepath.Dir(d.path), resource)); err != nil {
				t.Errorf("%s: %v", d.path, err)
			}
		}
	}
}

// TestFluxExampleForcesNothing holds the example to what the documentation says of force, and its users to come after their instance.
func TestFluxExampleForcesNothing(t *testing.T) {
	t.Parallel()
	after := 0
	for _, d := range examples(t) {
		if d.GetKind() != "Kustomization" || !strings.HasPrefix(d.GetAPIVersion(), "kustomize.toolkit") {
			continue
		}
		k := &fluxkustomize.Kustomization{}
		if err := yaml.UnmarshalStrict(d.text, k); err != nil {
			t.Fatal(err)
		}
		if k.Spec.Force {
			t.Errorf("%s: Kustomization %s has force: true", d.path, k.Name)
		}
		after += len(k.Spec.DependsOn)
		if !k.Spec.Wait && len(k.Spec.HealthChecks) == 0 {
			t.Errorf("%s: Kustomization %s waits for nothing", d.path, k.Name)
		}
	}
	if after != 1 {
		t.Errorf("%d Kustomizations come after another, want 1", after)
	}
}
