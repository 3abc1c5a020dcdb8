// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestEveryReasonHasAReadyState finds in the source which reasons the controller can set. checkResult compares the status, too.
func TestEveryReasonHasAReadyState(t *testing.T) {
	t.Parallel()
	values := reasonValues(t)
	listed := map[string]bool{}
	for i, state := range ReadyStates() {
		if slices.Contains(ReadyStates()[:i], state) {
			t.Errorf("%v is listed twice", state)
		}
		listed[state.Reason] = true
	}
	used := map[string]bool{}
	for _, directory := range []string{".", "../brake", "../source"} {
		for _, name := range usedReasons(t, directory) {
			used[values[name]] = true
			if !listed[values[name]] {
				t.Errorf("%s uses %s (%s), which ReadyStates does not have", directory, name, values[name])
			}
		}
	}
	for reason := range listed {
		if !used[reason] {
			t.Errorf("ReadyStates has %s, which nothing sets", reason)
		}
	}
}

// checkReadyState fails unless the controller's table has the state that a result sets.
func checkReadyState(t *testing.T, res result) {
	t.Helper()
	if state := (ReadyState{res.Ready, res.Reason}); !res.Unchanged && !slices.Contains(ReadyStates(), state) {
		t.Errorf("a result sets %v, which ReadyStates does not have", state)
	}
	if res.Unchanged && res.Reason != "" && !slices.Contains(ReadyStates(), ReadyState{metav1.ConditionUnknown, res.Reason}) {
		t.Errorf("a first condition is Unknown for the reason %s, which ReadyStates does not have", res.Reason)
	}
}

// reasonValues returns the reasons of the API by the names of their constants.
func reasonValues(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	inspect(t, "../../../api/v1alpha1/conditions.go", func(node ast.Node) {
		if spec, ok := node.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values[spec.Names[0].Name] = value
		}
	})
	return values
}

// usedReasons returns the names of the constants of reasons that the code of a directory uses, except that of the table.
func usedReasons(t *testing.T, directory string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "ready_states.go" {
			continue
		}
		inspect(t, file, func(node ast.Node) {
			if used, ok := node.(*ast.SelectorExpr); ok && strings.HasPrefix(used.Sel.Name, "Reason") {
				if of, ok := used.X.(*ast.Ident); ok && of.Name == "v1alpha1" {
					names = append(names, used.Sel.Name)
				}
			}
		})
	}
	if len(names) == 0 {
		t.Errorf("%s uses no reason", directory)
	}
	return names
}

func inspect(t *testing.T, file string, visit func(ast.Node)) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(node ast.Node) bool {
		visit(node)
		return true
	})
}
