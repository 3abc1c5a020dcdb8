// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// documentsOf splits a YAML file into its documents.
func documentsOf(text string) []string {
	return regexp.MustCompile(`(?m)^---\s*$`).Split(text, -1)
}

// samples are the documents of config/samples.
func samples(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "samples", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var found []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documentsOf(string(text)) {
			u := &unstructured.Unstructured{}
			if err := yaml.UnmarshalStrict([]byte(document), &u.Object); err != nil {
				t.Fatalf("reading %s: %v", file, err)
			}
			found = append(found, u)
		}
	}
	return found
}

// TestSamples applies config/samples as a newcomer would, to a cluster with the admission policy.
func TestSamples(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	installPolicy(t, c, namespace)
	users := 0
	for _, sample := range samples(t) {
		name := sample.GetKind() + " " + sample.GetName()
		if sample.GetNamespace() != "" {
			t.Errorf("%s chooses a namespace; that is the newcomer's to do", name)
		}
		sample.SetNamespace(namespace)
		if err := c.Create(t.Context(), sample); err != nil {
			t.Errorf("creating %s: %v", name, err)
		}
		if sample.GetKind() == "ClerkUser" {
			users++
		}
	}
	if users < 5 {
		t.Errorf("there are %d ClerkUsers, want at least 5", users)
	}
}

// TestSamplesAreHarmless checks that the samples send nothing to real people and contain no real key.
func TestSamplesAreHarmless(t *testing.T) {
	t.Parallel()
	for _, sample := range samples(t) {
		name := sample.GetKind() + " " + sample.GetName()
		for _, address := range stringsIn(t, sample, "emailAddresses", "address") {
			if !strings.HasSuffix(address, "+clerk_test@example.com") {
				t.Errorf("%s has the address %s, to which Clerk would write", name, address)
			}
		}
		for _, number := range stringsIn(t, sample, "phoneNumbers", "number") {
			if !regexp.MustCompile(`^\+1[0-9]{3}55501[0-9]{2}$`).MatchString(number) {
				t.Errorf("%s has the number %s, which is not one for tests", name, number)
			}
		}
		entries, _, _ := unstructured.NestedStringMap(sample.Object, "stringData")
		for entry, value := range entries {
			if !isNoSecret(value) {
				t.Errorf("%s: the entry %s does not look like a secret that is none", name, entry)
			}
		}
		if _, encoded := sample.Object["data"]; sample.GetKind() == "Secret" && encoded {
			t.Errorf("%s hides its values in base64; write stringData", name)
		}
	}
}

// isNoSecret reports whether whoever reads a value, or finds out what it is the digest of, sees that it is none. Codes of
// authenticators live for seconds.
func isNoSecret(value string) bool {
	spelled := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(value))
	return strings.Contains(spelled, "notareal") || regexp.MustCompile(`^[0-9]{6}$`).MatchString(value) ||
		bcrypt.CompareHashAndPassword([]byte(value), []byte("demo-Not-A-Real-Password-2")) == nil
}

// stringsIn are the values of one field in a list of objects in a spec.
func stringsIn(t *testing.T, u *unstructured.Unstructured, list, field string) []string {
	t.Helper()
	items, _, err := unstructured.NestedSlice(u.Object, "spec", list)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			t.Fatalf("%s holds %v", list, item)
		}
		value, _, err := unstructured.NestedString(object, field)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

// TestSamplesShowTheFields keeps the samples a tour of the API: what they leave out is what would not become Ready, or
// mean nothing, in a fresh Clerk instance.
func TestSamplesShowTheFields(t *testing.T) {
	t.Parallel()
	leftOut := map[string]string{
		"instanceRef": "the samples use the default instance", "userID": "needs a user that exists",
		"adoptionPolicy": "needs a user that exists", "mode": "Observe creates nobody",
		"metadataPolicy": "Replace is for the few", "suspend": "a suspended object is never Ready",
		"locked": "lapses by itself; banned is shown instead",
	}
	shown := map[string]bool{}
	for _, sample := range samples(t) {
		if sample.GetKind() == "ClerkUser" {
			spec, _, err := unstructured.NestedMap(sample.Object, "spec")
			if err != nil {
				t.Fatal(err)
			}
			for name := range spec {
				shown[name] = true
			}
		}
	}
	spec := definitions(t)["ClerkUser"].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	for name := range spec.Properties {
		if shown[name] == (leftOut[name] != "") {
			t.Errorf("spec.%s: shown is %t, and the reason to leave it out is %q", name, shown[name], leftOut[name])
		}
	}
}

// TestSamplesShowTheActions keeps one manifest for every action there is.
func TestSamplesShowTheActions(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, sample := range samples(t) {
		if sample.GetKind() == "ClerkUserAction" {
			spec, _, err := unstructured.NestedMap(sample.Object, "spec")
			if err != nil {
				t.Fatal(err)
			}
			for name := range spec {
				shown[name] = true
			}
		}
	}
	spec := definitions(t)["ClerkUserAction"].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
	for name := range spec.Properties {
		if !shown[name] {
			t.Errorf("no sample shows spec.%s", name)
		}
	}
}
