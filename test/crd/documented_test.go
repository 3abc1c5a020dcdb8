// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// manifest is one that a page shows.
type manifest struct {
	*unstructured.Unstructured

	// at is the page and the line where its block begins.
	at string
}

// block is a fenced piece of YAML in a page.
type block struct {
	line int
	text string
}

// blocksOf finds the fenced blocks of YAML in a page, also those that stand in a list and are indented with it.
func blocksOf(page string) []block {
	var found []block
	var inside *block
	indent := ""
	fence := regexp.MustCompile("^( *)```(\\w*)\\s*$")
	for i, line := range strings.Split(page, "\n") {
		mark := fence.FindStringSubmatch(line)
		switch {
		case inside == nil && mark != nil && mark[2] == "yaml":
			inside, indent = &block{line: i + 1}, mark[1]
		case inside != nil && mark != nil:
			found, inside = append(found, *inside), nil
		case inside != nil:
			inside.text += strings.TrimPrefix(line, indent) + "\n"
		}
	}
	return found
}

// pages are the repository's Markdown files with their text, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "out", "testdata"}, name)):
			return fs.SkipDir
		case filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err = filepath.Rel(root, path)
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// kustomization is a kind for kubectl, and none of the API server. The tests of the manifests render it.
const kustomization = "Kustomization"

// documented are the manifests in the repository's pages: the blocks of YAML that name an API version and a kind.
func documented(t *testing.T) []manifest {
	t.Helper()
	var found []manifest
	for name, page := range pages(t) {
		for _, b := range blocksOf(page) {
			at := fmt.Sprintf("%s:%d", name, b.line)
			for _, document := range documentsOf(b.text) {
				u := &unstructured.Unstructured{}
				if err := yaml.UnmarshalStrict([]byte(document), &u.Object); err != nil {
					t.Errorf("reading %s: %v", at, err)
					continue
				}
				if u.GetAPIVersion() != "" && u.GetKind() != "" && u.GetKind() != kustomization {
					found = append(found, manifest{u, at})
				}
			}
		}
	}
	if len(found) < 20 {
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

func TestBlocksOfAPage(t *testing.T) {
	t.Parallel()
	page := strings.Join([]string{
		"# Page", "```yaml", "a: 1", "```", "```sh", "b: 2", "```", "- item", "", "  ```yaml", "  c:", "    d: 3", "  ```", "```yaml", "e: 4",
	}, "\n")
	want := []block{{2, "a: 1\n"}, {10, "c:\n  d: 3\n"}}
	if got := blocksOf(page); !slices.Equal(got, want) {
		t.Errorf("blocksOf() = %+v, want %+v", got, want)
	}
}
