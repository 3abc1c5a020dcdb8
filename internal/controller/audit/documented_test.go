// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// firstColumn is the first cell of a row of a table.
var firstColumn = regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\|")

// documented returns the first column of the table in a section of docs/reference/audit.md, sorted.
func documented(t *testing.T, section string) []string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/reference/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		t.Fatalf("there is no section %s", section)
	}
	table, _, _ := strings.Cut(rest, "\n## ")
	var names []string
	for _, row := range firstColumn.FindAllStringSubmatch(table, -1) {
		names = append(names, row[1])
	}
	slices.Sort(names)
	return names
}

func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	line := logged(banOf(t.Context()), t, 0, "ins_1", clerk.RequestInfo{
		Operation: clerk.OperationBanUser, Write: true, Sent: true, Status: 200, TraceID: "trace-1", Duration: time.Second,
	})[0]
	// The encoder of the operator adds the time, and the context of a reconciliation its id.
	line["ts"], line["reconcileID"] = "", types.UID("1")
	if diff := cmp.Diff(documented(t, "Keys"), slices.Sorted(maps.Keys(line))); diff != "" {
		t.Errorf("keys (-documented +logged):\n%s", diff)
	}
}

func TestCausesAreDocumented(t *testing.T) {
	t.Parallel()
	causes := []string{
		string(CauseSpec), string(CauseSource), string(CauseDrift), string(CauseDeletion), string(CauseUndo), string(CauseAction),
	}
	slices.Sort(causes)
	if diff := cmp.Diff(documented(t, "Causes"), causes); diff != "" {
		t.Errorf("causes (-documented +known):\n%s", diff)
	}
}

func TestOutcomesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/reference/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `outcome` .*$").FindString(string(text))
	for _, outcome := range []Outcome{OutcomeSucceeded, OutcomeRefused, OutcomeLost} {
		if !strings.Contains(row, "`"+string(outcome)+"`") {
			t.Errorf("the outcome %s is not in the row %q", outcome, row)
		}
	}
}
