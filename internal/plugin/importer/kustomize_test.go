// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// oddUsers are users with a character that YAML treats in its own way, in each place where an imported manifest has free text.
func oddUsers() []*clerk.User {
	var users []*clerk.User
	add := func(text string) {
		users = append(users, &clerk.User{
			ID: fmt.Sprintf("user_%d", len(users)), FirstName: text, LastName: "b " + text + " c",
			PublicMetadata: clerk.Metadata{"plain": "a", "value": text, text + "a": "b", "below": []any{map[string]any{text: text}}},
		})
	}
	for r := rune(1); r <= 0xff; r++ {
		add("a" + string(r) + "b")
	}
	for _, text := range []string{"<<", "=", "---\nkind: Secret", "\u2028", "\u2029", "\ufeffa", "\ufffd", "\ufffe", "\uffff", "\U0001fffe", "\u202e"} {
		add(text)
	}
	return users
}

// TestKustomizeKeepsManifests has kustomize build a directory with the manifests of odd users: it builds, and changes none of them. kubectl
// apply -k, Argo CD and Flux do the same.
func TestKustomizeKeepsManifests(t *testing.T) {
	t.Parallel()
	files, want := filesys.MakeFsInMemory(), map[string]*v1alpha1.ClerkUser{}
	kustomization := "resources:\n"
	r := &run{chosen: map[Group]bool{GroupProfile: true, GroupPublicMetadata: true}, declared: newDeclared("cluster"), enforce: true}
	for n, u := range oddUsers() {
		name := fmt.Sprintf("u%d", n)
		text, err := manifest.Of("team-a", name, r.specOf(u, name)).YAML()
		if err != nil {
			t.Fatal(err)
		}
		if want[name] = read(t, text); want[name].Spec.PublicMetadata == nil {
			t.Errorf("the manifest of %q has no metadata at all", u.FirstName)
		}
		if err := files.WriteFile(name+".yaml", text); err != nil {
			t.Fatal(err)
		}
		kustomization += "- " + name + ".yaml\n"
	}
	if err := files.WriteFile("kustomization.yaml", []byte(kustomization)); err != nil {
		t.Fatal(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range built.Resources() {
		text, err := one.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, text); !reflect.DeepEqual(got, want[one.GetName()]) {
			t.Errorf("kustomize makes of the manifest of %q:\n%s", *want[one.GetName()].Spec.UserID, text)
		}
	}
	if left := r.counts.LeftOut["firstName"]; left.Count == 0 || left.Count > 40 || !strings.Contains(left.String(), "user_") {
		t.Errorf("firstName is left out of %s", left)
	}
}

func read(t *testing.T, text []byte) *v1alpha1.ClerkUser {
	t.Helper()
	object := &v1alpha1.ClerkUser{}
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return object
}
