// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/docs"
)

// manifest is one that a page shows.
type manifest struct {
	*unstructured.Unstructured

	// at is the page and the line where its block begins.
	at string
}

// documented are the manifests in the repository's pages, but those of other projects' kinds and those that the page marks.
func documented(t *testing.T) []manifest {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := docs.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	var found []manifest
	for _, page := range pages {
		for _, b := range docs.Blocks(page.Text) {
			if b.Language != docs.YAML || b.NotRun != "" {
				continue
			}
			at := fmt.Sprintf("%s:%d", page.Name, b.Line)
			objects, err := docs.Manifests(b)
			if err != nil {
				t.Errorf("%s: %v", at, err)
			}
			for _, object := range objects {
				if docs.OtherKind(object.GroupVersionKind().Group) == "" {
					found = append(found, manifest{object, at})
				}
			}
		}
	}
	if len(found) < 40 {
		t.Fatalf("only %d manifests were found in the pages; the search is broken", len(found))
	}
	return found
}

// TestDocumentedManifests applies every manifest that a page shows, for show, to a cluster with the admission policy: who
// copies one gets what it says, or a refusal of what is to be filled in, but no misspelt field.
func TestDocumentedManifests(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	installPolicy(t, c, namespace)
	for _, m := range documented(t) {
		namespaced, err := c.IsObjectNamespaced(m.Unstructured)
		if err != nil {
			t.Errorf("%s: %v", m.at, err)
			continue
		}
		if namespaced {
			m.SetNamespace(namespace)
		}
		if err := c.Create(t.Context(), m.Unstructured, client.DryRunAll); err != nil {
			t.Errorf("%s: creating %s %s: %v", m.at, m.GetKind(), m.GetName(), err)
		}
	}
}

// TestDocumentedSecretsAreNone keeps real secrets, and what looks like one, out of the pages.
func TestDocumentedSecretsAreNone(t *testing.T) {
	t.Parallel()
	for _, m := range documented(t) {
		if m.GetKind() != "Secret" {
			continue
		}
		entries, _, _ := unstructured.NestedStringMap(m.Object, "stringData")
		for entry, value := range entries {
			if !isNoSecret(value) {
				t.Errorf("%s: the entry %s does not look like a secret that is none", m.at, entry)
			}
		}
	}
}

// TestEveryFieldIsShown keeps samples and pages complete: each field of a spec, and with that each action, is in a manifest
// that the tests apply.
func TestEveryFieldIsShown(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, sample := range samples(t) {
		notePaths(shown, sample.GetKind(), sample.Object)
	}
	for _, m := range documented(t) {
		notePaths(shown, m.GetKind(), m.Object)
	}
	looked := 0
	for kind, crd := range definitions(t) {
		for _, f := range fields(crd) {
			if !strings.HasPrefix(f.path, "spec.") || ofKubernetes(f.path) {
				continue
			}
			looked++
			if !shown[kind+"."+f.path] {
				t.Errorf("%s: no sample and no page shows %s; docs/reference/users-api.md is the place", kind, f.path)
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d fields were looked at; the walk is broken", looked)
	}
}

// notePaths notes every place in a value, named as fields names them.
func notePaths(noted map[string]bool, path string, value any) {
	noted[path] = true
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			notePaths(noted, path+"."+name, below)
		}
	case []any:
		for _, below := range value {
			notePaths(noted, path+"[]", below)
		}
	}
}
