// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/resource"
)

const (
	ann = `apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: ann, labels: {team: a}}
spec: {username: ann}
`
	bob = `apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: bob, namespace: team-b}
spec: {username: bob}
`
	others = `apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}
- {apiVersion: example.com/v1, kind: Unheard, metadata: {name: of}}
- {apiVersion: example.com/v1, kind: Unheard, metadata: {name: too}}
- {apiVersion: v1, kind: Namespace, metadata: {name: team-b, labels: {a: b}}}
- {apiVersion: v1, kind: Secret, metadata: {name: passwords}}
`
)

// write writes files into a directory and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(in string, chosen selection) (manifests, error) {
	return readManifests(genericclioptions.NewConfigFlags(false), strings.NewReader(in), chosen)
}

func ids(objects []manifest) []string {
	var names []string
	for _, one := range objects {
		names = append(names, one.id().String())
	}
	return names
}

func TestReadManifests(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"1.yaml": ann + "---\n" + bob, "2.yml": others, "notes.txt": "not a manifest", "deeper/cyd.json": strings.ReplaceAll(
			`{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUser","metadata":{"name":"NAME"},"spec":{}}`, "NAME", "cyd"),
		"kustomized/kustomization.yaml": "resources: [ann.yaml]\nnamespace: team-k\nnamePrefix: k-\n", "kustomized/ann.yaml": ann,
	})
	in := func(names ...string) resource.FilenameOptions {
		var paths []string
		for _, name := range names {
			paths = append(paths, filepath.Join(dir, name))
		}
		return resource.FilenameOptions{Filenames: paths}
	}
	tests := map[string]struct {
		chosen selection
		want   []string
	}{
		"File": {selection{files: in("1.yaml"), namespace: "here"}, []string{"ClerkUser here/ann", "ClerkUser team-b/bob"}},
		"Directory": {
			selection{files: in(""), namespace: "here"}, []string{"ClerkUser here/ann", "ClerkUser team-b/bob", "Secret here/passwords"},
		},
		"Pattern": {selection{files: in("1*"), namespace: "here"}, []string{"ClerkUser here/ann", "ClerkUser team-b/bob"}},
		"Recursive": {
			selection{files: resource.FilenameOptions{Filenames: []string{filepath.Join(dir, "deeper")}, Recursive: true}, namespace: "here"},
			[]string{"ClerkUser here/cyd"},
		},
		"Kustomize": {
			selection{files: resource.FilenameOptions{Kustomize: filepath.Join(dir, "kustomized")}, namespace: "here"},
			[]string{"ClerkUser team-k/k-ann"},
		},
		"StandardInput": {
			selection{files: resource.FilenameOptions{Filenames: []string{"-"}}, namespace: "here"}, []string{"ClerkUser team-b/bob"},
		},
		"Selected":     {selection{files: in("1.yaml"), namespace: "here", selector: "team=a"}, []string{"ClerkUser here/ann"}},
		"NoneSelected": {selection{files: in("1.yaml"), namespace: "here", selector: "team=z"}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(bob, tc.chosen)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, ids(got.objects)); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOtherKindsAreCounted(t *testing.T) {
	t.Parallel()
	got, err := read(others, selection{files: resource.FilenameOptions{Filenames: []string{"-"}}, namespace: "here"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 Deployment, 2 Unheard"; got.ignoredKinds() != want {
		t.Errorf("ignoredKinds() = %q, want %q", got.ignoredKinds(), want)
	}
	if len(got.namespaces) != 1 || got.namespaces[0].GetName() != "team-b" || got.namespaces[0].GetLabels()["a"] != "b" {
		t.Errorf("namespaces: %v", got.namespaces)
	}
	if got.count() != 5 {
		t.Errorf("count() = %d, want 5", got.count())
	}
}

func TestManifestsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"ann.yaml": ann, "again.yaml": ann, "broken.yaml": "a: [", "paints.yaml": strings.Replace(ann, "name: ann", `name: "ann\e[31m"`, 1), "unnamed.yaml": strings.Replace(ann, "name: ann, ", "", 1), "kindless.yaml": "a: b\n",
	})
	file := func(names ...string) selection {
		chosen := selection{namespace: "here"}
		for _, name := range names {
			chosen.files.Filenames = append(chosen.files.Filenames, filepath.Join(dir, name))
		}
		return chosen
	}
	elsewhere := selection{files: resource.FilenameOptions{Filenames: []string{"-"}}, namespace: "here", strict: true}
	tests := map[string]struct {
		chosen selection
		want   []string
	}{
		"Twice":          {file("ann.yaml", "again.yaml"), []string{"ClerkUser here/ann is declared twice", "ann.yaml and in ", "again.yaml; remove one"}},
		"Absent":         {file("none.yaml"), []string{"none.yaml"}},
		"OtherNamespace": {elsewhere, []string{"ClerkUser team-b/bob in standard input is not in the namespace here of --namespace"}},
		"Unnamed":        {file("unnamed.yaml"), []string{"a ClerkUser in ", "unnamed.yaml has no name"}},
		"NameThatPaints": {file("paints.yaml", "paints.yaml"), []string{`ClerkUser here/ann\u001b[31m is declared twice`}},
		"AllProblems":    {file("broken.yaml", "kindless.yaml", "ann.yaml"), []string{"broken.yaml", "kindless.yaml"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(bob, tc.chosen)
			if err == nil {
				t.Fatal("there is no error")
			}
			if slices.ContainsFunc(tc.want, func(part string) bool { return !strings.Contains(err.Error(), part) }) {
				t.Errorf("error %q, want %q in it", err, tc.want)
			}
		})
	}
}
