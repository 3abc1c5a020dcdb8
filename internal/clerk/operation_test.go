// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sources returns the files of this package that are not tests.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), entry.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// operationsIn returns the names of the constants of type Operation that a part of the source uses.
func operationsIn(node ast.Node) []string {
	var names []string
	ast.Inspect(node, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && strings.HasPrefix(name.Name, operationPrefix) && name.Name != operationPrefix {
			names = append(names, name.Name)
		}
		return true
	})
	return names
}

const operationPrefix = "Operation"

// A method that makes a call has a context. It uses the operation of its own name and no other, and every operation is the one
// of a method.
func TestEveryCallHasAnOperationOfItsOwn(t *testing.T) {
	t.Parallel()
	var methods, declared, listed []string
	for _, file := range sources(t) {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.GenDecl:
				if d.Tok == gotoken.CONST {
					declared = append(declared, operationsIn(d)...)
				}
			case *ast.FuncDecl:
				if d.Name.Name == "Operations" {
					listed = operationsIn(d.Body)
				}
				if !makesCall(d) {
					continue
				}
				want := operationPrefix + d.Name.Name
				methods = append(methods, want)
				if used := operationsIn(d.Body); !slices.Equal(used, []string{want}) {
					t.Errorf("%s uses %v, want %s alone", d.Name.Name, used, want)
				}
			}
		}
	}
	slices.Sort(methods)
	slices.Sort(declared)
	slices.Sort(listed)
	if diff := cmp.Diff(methods, declared); diff != "" {
		t.Errorf("operations (-of a method +declared):\n%s", diff)
	}
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("operations (-declared +returned by Operations):\n%s", diff)
	}
	if len(methods) < 40 {
		t.Errorf("only %d methods make calls; this test looked in the wrong place", len(methods))
	}
}

// makesCall reports whether a function is a method of Client that makes a call.
func makesCall(f *ast.FuncDecl) bool {
	method, exported := reflect.TypeFor[*Client]().MethodByName(f.Name.Name)
	return f.Recv != nil && exported && method.Type.NumIn() > 1 && method.Type.In(1).String() == "context.Context"
}

func TestOperationsAreNames(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)+$`)
	seen := map[Operation]bool{}
	for _, op := range Operations() {
		if !shape.MatchString(string(op)) || seen[op] {
			t.Errorf("%q is not a name of its own in snake case", op)
		}
		seen[op] = true
	}
}
