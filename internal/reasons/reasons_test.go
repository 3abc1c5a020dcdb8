// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// constants returns the constants of the API that begin with Reason, and their values.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, is := node.(*ast.ValueSpec); is && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[spec.Names[0].Name] = value
		}
		return true
	})
	if len(found) < 30 {
		t.Fatalf("only %d reasons were found in the API", len(found))
	}
	return found
}

func TestEveryReasonOfTheAPIIsInTheTable(t *testing.T) {
	t.Parallel()
	var want []string
	for _, reason := range constants(t) {
		want = append(want, reason)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, reasons.Names()); diff != "" {
		t.Errorf("reasons (-in the API +in the table):\n%s", diff)
	}
}

// namesOf returns the reasons in the table for a kind, sorted, of conditions that a test asks for.
func namesOf(kind string, wanted func(reasons.Entry) bool) []string {
	var names []string
	for _, entry := range reasons.All() {
		if entry.Kind == kind && wanted(entry) {
			names = append(names, entry.Reason)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func isReady(e reasons.Entry) bool { return e.Condition == v1alpha1.ConditionReady }

func TestEveryReasonOfAClerkUserIsInTheTable(t *testing.T) {
	t.Parallel()
	for _, status := range []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown} {
		var want []string
		for _, state := range clerkuser.ReadyStates() {
			// Ready of a suspended object is absent or as before. The state is counted by metrics only.
			if state.Status == status && state.Reason != v1alpha1.ReasonSuspended {
				want = append(want, state.Reason)
			}
		}
		slices.Sort(want)
		got := namesOf(reasons.KindUser, func(e reasons.Entry) bool { return isReady(e) && e.Status == status })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reasons of a ClerkUser with Ready %s (-of the operator +in the table):\n%s", status, diff)
		}
	}
}

func TestEveryReasonOfAClerkInstanceIsInTheTable(t *testing.T) {
	t.Parallel()
	want := clerkinstance.ReadyReasons()
	slices.Sort(want)
	if diff := cmp.Diff(want, namesOf(reasons.KindInstance, isReady)); diff != "" {
		t.Errorf("reasons of a ClerkInstance (-of the operator +in the table):\n%s", diff)
	}
}

// TestEveryReasonOfAnActionIsInTheTable compares the table with the reasons that the code of the controller names.
func TestEveryReasonOfAnActionIsInTheTable(t *testing.T) {
	t.Parallel()
	values := constants(t)
	// The package source names it for all kinds.
	want := []string{v1alpha1.ReasonSecretNotFound}
	err := fs.WalkDir(os.DirFS("../controller/clerkuseraction"), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../controller/clerkuseraction", name))
		for _, found := range regexp.MustCompile(`v1alpha1\.(Reason\w+)`).FindAllStringSubmatch(string(text), -1) {
			want = append(want, values[found[1]])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	got := namesOf(reasons.KindAction, func(reasons.Entry) bool { return true })
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("reasons of a ClerkUserAction (-in the controller +in the table):\n%s", diff)
	}
}

// recorded is an object of test/gitops/testdata/statuses.yaml.
type recorded struct {
	Kind   string
	Status struct{ Conditions []metav1.Condition }
}

// TestEveryRecordedStateIsInTheTable looks up every condition that an object had while the stories ran, with its message.
func TestEveryRecordedStateIsInTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../test/gitops/testdata/statuses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var object recorded
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			t.Fatal(err)
		}
		for _, c := range object.Status.Conditions {
			// Ready of a suspended object was Unknown in earlier versions.
			if c.Type == v1alpha1.ConditionReady && c.Reason == v1alpha1.ReasonSuspended {
				continue
			}
			looked++
			advice, found := reasons.Advise(reasons.Subject{Kind: object.Kind}, c)
			switch {
			case !found:
				t.Errorf("%s: %s=%s %s is not in the table", object.Kind, c.Type, c.Status, c.Reason)
			case !advice.Fits:
				t.Errorf("%s %s: no case has the message %q", object.Kind, c.Reason, c.Message)
			case c.Type == v1alpha1.ConditionStalled && advice.Urgency < reasons.Act:
				t.Errorf("%s %s is Stalled, and its urgency is %s", object.Kind, c.Reason, advice.Urgency)
			}
		}
	}
	if looked < 50 {
		t.Errorf("only %d conditions were looked at", looked)
	}
}

func TestEntriesAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range reasons.All() {
		name := e.Kind + " " + e.Condition + "=" + string(e.Status) + " " + e.Reason
		if seen[name] {
			t.Errorf("%s is in the table twice", name)
		}
		seen[name] = true
		if !strings.HasSuffix(e.Meaning, ".") || e.Urgency < reasons.None || len(e.Cases) == 0 || e.Retry != "" && !strings.HasSuffix(e.Retry, ".") {
			t.Errorf("%s: the entry is incomplete: %+v", name, e)
		}
		for _, c := range e.Cases {
			if len(c.Messages) == 0 || !strings.HasSuffix(c.Remedy, ".") {
				t.Errorf("%s: the case is incomplete: %+v", name, c)
			}
			for _, command := range c.Commands {
				if !strings.HasPrefix(command, "kubectl ") && !strings.HasPrefix(command, "(read ") {
					t.Errorf("%s: %q does not begin with kubectl", name, command)
				}
			}
		}
	}
}

// TestEveryPlaceholderOfACommandHasASource fails for a command that can never be shown with names.
func TestEveryPlaceholderOfACommandHasASource(t *testing.T) {
	t.Parallel()
	given := map[string]bool{"namespace": true, "name": true, "instance-namespace": true, "instance-name": true}
	placeholder := regexp.MustCompile(`‹([^›]+)›`)
	for _, e := range reasons.All() {
		for _, c := range e.Cases {
			for _, message := range c.Messages {
				named := map[string]bool{}
				for _, found := range placeholder.FindAllStringSubmatch(message, -1) {
					named[found[1]] = true
				}
				for _, command := range c.Commands {
					for _, found := range placeholder.FindAllStringSubmatch(command, -1) {
						if !given[found[1]] && !named[found[1]] {
							t.Errorf("%s %s: nothing says what ‹%s› is in %q, for the message %q", e.Kind, e.Reason, found[1], command, message)
						}
					}
				}
			}
		}
	}
}
