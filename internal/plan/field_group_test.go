// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withoutGroup are the names of fields that are not compared with the user, each with the reason.
var withoutGroup = map[string]string{
	FieldInitial:        "is for the creating call only",
	FieldDeletionPolicy: "is for the deletion only",
	FieldOwnerMark:      "is no field of the spec",
}

// TestEveryFieldHasAGroup finds the names of fields in the source: a new one without a group would not be counted when it is
// corrected.
func TestEveryFieldHasAGroup(t *testing.T) {
	t.Parallel()
	used := map[FieldGroup]bool{}
	names := append(fieldNames(t, "fields.go"), fieldNames(t, "plain_field.go")...)
	if len(names) < len(plainFields)+len(withoutGroup) {
		t.Fatalf("found only these names of fields: %q", names)
	}
	for _, name := range names {
		group := GroupOf(name)
		used[group] = true
		switch reason, left := withoutGroup[name]; {
		case left && group != "":
			t.Errorf("%s %s, but has the group %s", name, reason, group)
		case !left && !slices.Contains(FieldGroups(), group):
			t.Errorf("%s has the group %q; want one of %q", name, group, FieldGroups())
		}
	}
	for _, group := range FieldGroups() {
		if !used[group] {
			t.Errorf("no field has the group %s", group)
		}
	}
	if group := GroupOf("instanceRef"); group != "" {
		t.Errorf("a field that is no part of a plan has the group %s", group)
	}
}

// fieldNames returns the values of the constants of a file whose names begin with Field.
func fieldNames(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Field") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		return true
	})
	return names
}
