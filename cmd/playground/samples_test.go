// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const manifests = `
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: ada}
spec: {firstName: Ada}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata: {name: default}
spec: {secretKeyRef: {name: clerk}, apiURL: https://elsewhere.example/v1}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata: {name: shop, namespace: shop}
spec: {secretKeyRef: {name: clerk, key: live}}
---
---
apiVersion: v1
kind: Secret
metadata: {name: clerk, namespace: shop}
data: {live: c2tfbGl2ZV9kZW1v}
---
apiVersion: v1
kind: Secret
metadata: {name: clerk}
stringData: {secret-key: sk_test_demo}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUserAction
metadata: {generateName: ada-}
spec: {userRef: {name: ada}, disableMFA: {}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`

func loadManifests(t *testing.T, text string) (samples, error) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"all.yaml": text, "kustomization.yaml": "resources: [all.yaml]", "notes.txt": "no manifest"}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return loadSamples(dir)
}

func TestSamplesComeInTheOrderOfTheirReferences(t *testing.T) {
	got, err := loadManifests(t, manifests)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, object := range got {
		names = append(names, object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName())
	}
	want := []string{
		"Namespace /shop", "Secret shop/clerk", "Secret default/clerk",
		"ClerkInstance default/default", "ClerkInstance shop/shop", "ClerkUser default/ada",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func TestKeysAreThoseOfTheInstances(t *testing.T) {
	loaded, err := loadManifests(t, manifests)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"sk_test_demo", "sk_live_demo"}, loaded.keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestEveryInstanceIsPointedAtTheEmulator(t *testing.T) {
	loaded, err := loadManifests(t, manifests)
	if err != nil {
		t.Fatal(err)
	}
	loaded.pointAt("http://127.0.0.1:1/v1")
	for _, instance := range loaded.ofKind(kindInstance) {
		got, _, _ := unstructured.NestedString(instance.Object, "spec", "apiURL")
		secret, _, _ := unstructured.NestedString(instance.Object, "spec", "secretKeyRef", "name")
		if got != "http://127.0.0.1:1/v1" || secret != "clerk" {
			t.Errorf("%s: apiURL %q, secret %q", instance.GetName(), got, secret)
		}
	}
}

func TestSamplesWithoutUsersAreRefused(t *testing.T) {
	_, err := loadManifests(t, "kind: Secret\napiVersion: v1\nmetadata: {name: a}\n")
	if err == nil || !strings.Contains(err.Error(), "there is no ClerkUser") {
		t.Errorf("err = %v", err)
	}
}
