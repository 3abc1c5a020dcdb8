// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../../.."

// all are the events in the tables.
func all() []event { return slices.Concat(ofUsers(), ofInstances(), ofActions()) }

// source is what the code of the controllers says about events.
type source struct {
	// text has all texts in the code, in their order: a long one is in pieces. said are those beside each constant of an event that
	// is used.
	text strings.Builder
	said map[string][]string
	// recorders are the functions that record an event.
	recorders map[string]bool
}

// TestEveryEventIsInTheTable compares the constants of the API, those that the controllers use, and the tables.
func TestEveryEventIsInTheTable(t *testing.T) {
	t.Parallel()
	constants, code := constants(t), readControllers(t)
	declared, used, listed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name, value := range constants {
		if declared[value] = true; code.said[name] != nil {
			used[value] = true
		}
	}
	for _, e := range all() {
		if !strings.HasPrefix(e.reason, "DeletionBlocked") {
			listed[e.reason] = true
		}
	}
	if len(declared) < 20 {
		t.Fatalf("only %d events were found in the API", len(declared))
	}
	if diff := cmp.Diff(declared, used); diff != "" {
		t.Errorf("events (-in the API +recorded):\n%s", diff)
	}
	if diff := cmp.Diff(used, listed); diff != "" {
		t.Errorf("events (-recorded +in the table):\n%s", diff)
	}
}

// TestMessagesAreThoseOfTheCode finds each text that the code has beside an event in a message of the table, and all parts of
// each message in the code.
func TestMessagesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	code := readControllers(t)
	text, messages := code.text.String(), map[string]string{}
	for _, e := range all() {
		for _, message := range e.messages {
			messages[e.reason] += message + "\n"
			for _, part := range parts(`‹[^›]+›`, message) {
				if !strings.Contains(text, part) {
					t.Errorf("%s: no text of the code has %q", e.reason, part)
				}
			}
		}
	}
	looked := 0
	for name, value := range constants(t) {
		for _, text := range code.said[name] {
			for _, part := range parts(`%[sdvq]`, text) {
				if looked++; !strings.Contains(messages[value], part) {
					t.Errorf("%s: no message of the table has %q", value, part)
				}
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d texts were looked at", looked)
	}
}

// TestEveryRecorderIsKnown fails for a function that records an event and that nobody has described here.
func TestEveryRecorderIsKnown(t *testing.T) {
	t.Parallel()
	want := []string{
		"clerkinstance.patchStatus",    // the reason that status would have
		"clerkinstance.recordEvents",   // the reason of Ready, and the events of ofInstances
		"clerkuser.block",              // ReasonDeletionBlocked
		"clerkuser.recordEvents",       // the events of ofUsers, and ReadyState.Event
		"clerkuser.withdrawIfEdited",   // EventReleased
		"clerkuseraction.Report",       // the reason that status would have
		"clerkuseraction.recordEvents", // the events of ofActions
	}
	got := slices.Sorted(maps.Keys(readControllers(t).recorders))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions that record events (-described +in the code); describe what they record on the page:\n%s", diff)
	}
}

// parts returns what a text has between placeholders, without white space and punctuation around it.
func parts(placeholder, text string) []string {
	var found []string
	for _, part := range regexp.MustCompile(placeholder).Split(text, -1) {
		if part = strings.Trim(part, " ,;:."); len(part) > len("the") {
			found = append(found, part)
		}
	}
	return found
}

// constants returns the constants of the API that begin with Event, and their values.
func constants(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	ast.Inspect(parse(t, filepath.Join(root, "api", "v1alpha1", "conditions.go")), func(node ast.Node) bool {
		if spec, is := node.(*ast.ValueSpec); is && strings.HasPrefix(spec.Names[0].Name, "Event") {
			found[spec.Names[0].Name] = unquote(t, spec.Values[0])
		}
		return true
	})
	return found
}

func readControllers(t *testing.T) *source {
	t.Helper()
	code := &source{said: map[string][]string{}, recorders: map[string]bool{}}
	err := filepath.WalkDir(filepath.Join(root, "internal", "controller"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go") {
			code.read(t, filepath.Base(filepath.Dir(path)), parse(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// read notes the texts of a file, and which are beside a constant: in the same statement, call or value, whichever is the smallest.
func (s *source) read(t *testing.T, pkg string, file *ast.File) {
	t.Helper()
	for _, declaration := range file.Decls {
		function, is := declaration.(*ast.FuncDecl)
		if !is {
			continue
		}
		var around []ast.Node
		ast.Inspect(function, func(node ast.Node) bool {
			if node == nil {
				around = around[:len(around)-1]
				return true
			}
			around = append(around, node)
			switch n := node.(type) {
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					s.text.WriteString(unquote(t, n))
				}
			case *ast.SelectorExpr:
				if receiver, is := n.X.(*ast.SelectorExpr); is && n.Sel.Name == "Eventf" && receiver.Sel.Name == "Recorder" {
					s.recorders[pkg+"."+function.Name.Name] = true
				}
				if name := n.Sel.Name; strings.HasPrefix(name, "Event") && name != "EventRecorder" {
					s.said[name] = append(append([]string{}, s.said[name]...), beside(t, around)...)
				}
			}
			return true
		})
	}
}

// beside returns the texts in the smallest node around the last one that says something.
func beside(t *testing.T, around []ast.Node) []string {
	t.Helper()
	var texts []string
	for _, node := range slices.Backward(around) {
		switch node.(type) {
		case *ast.CallExpr, *ast.CompositeLit, *ast.AssignStmt:
		default:
			continue
		}
		ast.Inspect(node, func(below ast.Node) bool {
			// One word is the action of the event.
			if text, is := below.(*ast.BasicLit); is && text.Kind == token.STRING && strings.Contains(unquote(t, text), " ") {
				texts = append(texts, unquote(t, text))
			}
			return true
		})
		return texts
	}
	return texts
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func unquote(t *testing.T, literal ast.Expr) string {
	t.Helper()
	text, err := strconv.Unquote(literal.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
