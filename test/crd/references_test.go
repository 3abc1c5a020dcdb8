// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// reference is a field of a spec that names another object.
type reference struct {
	kind string
	path []string
	typ  reflect.Type
}

func (r reference) String() string { return r.kind + "." + strings.Join(r.path, ".") }

// references finds every field whose type or name says that it names another object.
func references(t *testing.T) []reference {
	t.Helper()
	var found []reference
	for kind, spec := range map[string]any{
		"ClerkUser": v1alpha1.ClerkUserSpec{}, "ClerkInstance": v1alpha1.ClerkInstanceSpec{}, "ClerkUserAction": v1alpha1.ClerkUserActionSpec{},
	} {
		found = append(found, referencesIn(t, reference{kind: kind, path: []string{"spec"}, typ: reflect.TypeOf(spec)})...)
	}
	return found
}

func referencesIn(t *testing.T, at reference) []reference {
	t.Helper()
	var found []reference
	for f := range at.typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		step := name
		if f.Type.Kind() == reflect.Slice {
			step += "[0]"
		}
		inner := reference{at.kind, append(slices.Clone(at.path), step), elementOf(f.Type)}
		named, typed := strings.HasSuffix(name, "Ref"), namesObject(inner.typ)
		switch {
		case named != typed:
			t.Errorf("%s names an object by its name or by its type, but not by both", inner)
		case typed:
			found = append(found, inner)
		case inner.typ.Kind() == reflect.Struct && inner.typ.PkgPath() == at.typ.PkgPath():
			found = append(found, referencesIn(t, inner)...)
		}
	}
	return found
}

// namesObject reports whether a type names another object, or an entry of one.
func namesObject(typ reflect.Type) bool {
	return strings.HasSuffix(typ.Name(), "Reference") || strings.HasSuffix(typ.Name(), "KeySelector")
}

// TestReferencesStayWhereTheyBelong tries, on every reference there is, to leave the namespace by spelling.
func TestReferencesStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	valid := map[string]string{"ClerkUser": `{username: ada}`, "ClerkInstance": instanceWith(``), "ClerkUserAction": acting(`disableMFA: {}`)}
	found := references(t)
	if len(found) < 2 {
		t.Fatalf("found the references %v only", found)
	}
	for _, r := range found {
		for f := range r.typ.Fields() {
			field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			for _, trick := range tricks(field) {
				t.Run(fmt.Sprintf("%s.%s=%q", r, field, trick), func(t *testing.T) {
					t.Parallel()
					u := object(t, r.kind, namespace, valid[r.kind])
					value := map[string]any{"name": "name"}
					if _, has := r.typ.FieldByName("Key"); has {
						value["key"] = "key"
					}
					value[field] = trick
					put(u.Object, value, r.path)
					err := c.Create(t.Context(), u, client.DryRunAll)
					expectRefused(t, err, strings.Join(append(slices.Clone(r.path), field), "."), "must be the name of")
				})
			}
		}
	}
}

// put puts a value into an object. What stands beside it where it is required is filled in, since rules are not checked
// of an object that lacks something.
func put(object, value map[string]any, path []string) {
	for _, step := range path[:len(path)-1] {
		name, isList := strings.CutSuffix(step, "[0]")
		inner, _ := object[name].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		object[name] = inner
		if isList {
			object[name] = []any{inner}
		}
		object = inner
		switch name {
		case "passwordDigest":
			object["hasher"] = "bcrypt"
		case "privateMetadataFrom":
			object["path"] = "/a"
		}
	}
	object[path[len(path)-1]] = value
}

// tricks are spellings with which a reference could mean something else than an object's plain name.
func tricks(field string) []string {
	all := []string{
		"", ".", "..", "../x", "/x", "x/", "other/x", "x/../y", `..\x`, "x y", " x", "x\n", "x?y=z", "x#y", "%2e%2e%2fx", "*", "x:y", "ü",
	}
	if field != "key" {
		all = append(all, "X", "-x", "x-", "kube-system/x")
	}
	if field == "namespace" {
		all = append(all, "a.b")
	}
	return all
}

// TestOnlyInstancesAreSharedAcrossNamespaces keeps Secrets in their namespace: a reference to one has no namespace field, and
// kubectl refuses it.
func TestOnlyInstancesAreSharedAcrossNamespaces(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for _, r := range references(t) {
		_, has := r.typ.FieldByName("Namespace")
		if want := r.typ == reflect.TypeFor[v1alpha1.InstanceReference](); has != want {
			t.Errorf("%s: it has a namespace: %t, want %t", r, has, want)
		}
	}
	u := object(t, "ClerkInstance", namespace, `{secretKeyRef: {name: clerk, namespace: other}}`)
	err := c.Create(t.Context(), u, client.DryRunAll)
	if err == nil || !strings.Contains(err.Error(), `unknown field "spec.secretKeyRef.namespace"`) {
		t.Errorf("a Secret in another namespace: %v", err)
	}
}
