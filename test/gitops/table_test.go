// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const tableIntroduction = `# Health in Argo CD and kstatus

What Argo CD, with the [health checks of this repository](../../gitops/argocd), and tools that read kstatus, such as Flux, make of every
state that the tests of the operator reach. "Current" and "Healthy" mean that a sync which waits for the object continues. The document
is made from recorded objects by ` + "`make statuses`" + `.

Argo CD 3.6 does not call a health check for an object that is being deleted. It shows Progressing and the text "Pending deletion",
whatever the health check would say. The ClerkInstance says how many deletions the brake holds.

| kind | state | conditions | Argo CD | kstatus |
|---|---|---|---|---|
`

// TestTableOfStates compares the document with the recorded states; -update writes it.
func TestTableOfStates(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, o := range recordedStates(t) {
		health, err := healthOf(t, o)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |\n", o.GetKind(), stateIn(o), tableConditions(o), health.Status, kstatusOf(t, o)))
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	text := tableIntroduction + strings.Join(rows, "") + "\n## Where the two differ\n\n"
	var whys []string
	for key, why := range differences() {
		whys = append(whys, fmt.Sprintf("- %s: %s.\n", strings.ReplaceAll(key, "deleted Stalled", "that is being deleted, with Stalled"), why))
	}
	slices.Sort(whys)
	text += strings.Join(whys, "")
	path := place(t, "docs", "reference", "health.md")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(readFile(t, path), text); diff != "" {
		t.Errorf("docs/reference/health.md is not current; run \"make statuses\" (-is +want):\n%s", diff)
	}
}

// stateIn says in words what a state is about.
func stateIn(o *unstructured.Unstructured) string {
	switch {
	case o.GetDeletionTimestamp() != nil:
		return "being deleted"
	case len(conditionsOf(o)) == 0:
		return "new"
	case !observed(o):
		return "changed"
	default:
		return ""
	}
}

// tableConditions names the conditions about the current generation, or that there are others.
func tableConditions(o *unstructured.Unstructured) string {
	var all []string
	for _, c := range conditionsOf(o) {
		text := fmt.Sprintf("%v=%v `%v`", c["type"], c["status"], c["reason"])
		if c["status"] == "True" && c["type"] != "Ready" {
			text = fmt.Sprintf("%v `%v`", c["type"], c["reason"])
		}
		if c["observedGeneration"] != o.GetGeneration() {
			text += " (earlier generation)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
