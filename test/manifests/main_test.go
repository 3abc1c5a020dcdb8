// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifests_test shows that what config holds is well-formed, fits together and gives nobody more than it should.
package manifests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Main(m)) }

// types knows every kind that config may hold.
func types(t *testing.T) *runtime.Scheme {
	t.Helper()
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(known); err != nil {
			t.Fatal(err)
		}
	}
	return known
}

func newClient(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: types(t)})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}

// directory is the repository's config, or a place in it.
func directory(t *testing.T, below ...string) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root, "config"}, below...)...)
}

// decode reads the documents of a YAML text into their types, and refuses what the types do not know.
func decode(t *testing.T, source, text string) []client.Object {
	t.Helper()
	decoder := serializer.NewCodecFactory(types(t), serializer.EnableStrict).UniversalDeserializer()
	var found []client.Object
	for _, document := range regexp.MustCompile(`(?m)^---\s*$`).Split(text, -1) {
		if strings.TrimSpace(document) == "" {
			continue
		}
		decoded, _, err := decoder.Decode([]byte(document), nil, nil)
		if err != nil {
			t.Errorf("reading %s: %v", source, err)
			continue
		}
		o, ok := decoded.(client.Object)
		if !ok {
			t.Errorf("%s holds a %T", source, decoded)
			continue
		}
		found = append(found, o)
	}
	return found
}

// rendered are the objects that "kubectl apply -k config/default" applies.
func rendered(t *testing.T) []client.Object {
	t.Helper()
	objects := decode(t, "config/default", kustomized(t, directory(t, "default")))
	if len(objects) < 10 {
		t.Fatalf("config/default holds %d objects only", len(objects))
	}
	return objects
}

// kustomized is what kubectl makes of a kustomization. A complaint of kustomize is a failure.
func kustomized(t *testing.T, place string) string {
	t.Helper()
	var complaints bytes.Buffer
	kubectl := exec.CommandContext(t.Context(), controlplane.Kubectl(t), "kustomize", place)
	kubectl.Stderr = &complaints
	text, err := kubectl.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("rendering %s: %v\n%s", place, err, complaints.String())
	}
	return string(text)
}

// of are the objects of one type.
func of[T client.Object](objects []client.Object) []T {
	var found []T
	for _, o := range objects {
		if typed, ok := o.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}
