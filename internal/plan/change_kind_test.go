// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"testing"
)

// TestEveryKindOfChangeHasAName finds the kinds in the source, since reflection does not know who implements an interface.
func TestEveryKindOfChangeHasAName(t *testing.T) {
	t.Parallel()
	named := map[string]string{}
	used := map[string]bool{}
	for _, kind := range changeKinds() {
		named[reflect.TypeOf(kind.change).Name()] = kind.name
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(kind.name) || used[kind.name] {
			t.Errorf("%T has the name %q; want words in snake case that no other kind has", kind.change, kind.name)
		}
		used[kind.name] = true
		if got := KindOf(kind.change); got != kind.name {
			t.Errorf("KindOf(%T{}) = %q, want %q", kind.change, got, kind.name)
		}
	}
	if got := KindOf(nil); got != "" {
		t.Errorf("no change is of kind %q", got)
	}
	kinds := implementers(t, "change.go", "isChange")
	for _, name := range kinds {
		if named[name] == "" {
			t.Errorf("%s has no name; add it to changeKinds", name)
		}
	}
	if len(kinds) != len(named) || len(Kinds()) != len(named) {
		t.Errorf("%d kinds are declared, %d have a name, %d are listed", len(kinds), len(named), len(Kinds()))
	}
}

// implementers returns the receivers of the methods of that name in a file.
func implementers(t *testing.T, file, method string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var receivers []string
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if ok && function.Recv != nil && function.Name.Name == method {
			receivers = append(receivers, function.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	return receivers
}
