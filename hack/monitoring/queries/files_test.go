// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// alert is one of the rules. The test needs no other fields.
type alert struct {
	Name        string            `json:"alert"`
	Expr        string            `json:"expr"`
	Annotations map[string]string `json:"annotations"`
}

func alerts(t *testing.T) []alert {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []alert `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "config/prometheus/rules.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	var all []alert
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// known is the reference of the operator's metrics, and the other metrics. Alerts are those of the rules.
func known(t *testing.T) Catalogue {
	t.Helper()
	all, err := Reference(read(t, "docs/reference/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Errorf("the reference has only %d metrics", len(all))
	}
	maps.Copy(all, Others())
	for _, a := range alerts(t) {
		all["ALERTS"].Labels["alertname"] = append(all["ALERTS"].Labels["alertname"], a.Name)
	}
	return all
}

// A label in a legend, and one in a text of an alert.
var (
	legendLabel = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	textLabel   = regexp.MustCompile(`\$labels\.(\w+)`)
)

// TestDashboardAsksForWhatExists checks each query, the labels in its legend, and those that a table shows.
func TestDashboardAsksForWhatExists(t *testing.T) {
	t.Parallel()
	metrics := known(t)
	view := board.View{Scrape: 15 * time.Second, Step: time.Minute, Range: 6 * time.Hour, Known: map[string][]string{"job": {"a", "b"}}}
	checked := 0
	for _, q := range board.Questions() {
		for _, p := range q.Panels {
			shown := map[string]bool{}
			for i, query := range p.Queries {
				checked++
				labels, err := metrics.Check(view.Substitute(query.Expr))
				if err != nil {
					t.Errorf("%s: %v", p.Title, err)
				}
				for _, match := range legendLabel.FindAllStringSubmatch(query.Legend, -1) {
					if !slices.Contains(labels, match[1]) {
						t.Errorf("%s: the legend has the label %s, and the result has %v", p.Title, match[1], labels)
					}
				}
				for _, name := range append(labels, "Value", "Value #"+board.RefID(i)) {
					shown[name] = true
				}
			}
			for _, column := range p.Columns {
				if !shown[column.Label] {
					t.Errorf("%s: there is nothing for the column %s", p.Title, column.Label)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d queries were checked", checked)
	}
}

// TestVariablesAskForWhatExists checks the metric and the label of each variable.
func TestVariablesAskForWhatExists(t *testing.T) {
	t.Parallel()
	values := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)
	view := board.View{Known: map[string][]string{"job": {"a"}}}
	for _, v := range board.Variables() {
		match := values.FindStringSubmatch(v.Query)
		if match == nil {
			t.Errorf("%s: %s is not label_values(METRIC, LABEL)", v.Name, v.Query)
			continue
		}
		labels, err := known(t).Check(view.Substitute(match[1]))
		if err != nil || !slices.Contains(labels, match[2]) {
			t.Errorf("%s: the metric has the labels %v, not %s: %v", v.Name, labels, match[2], err)
		}
	}
}

// TestAlertsAskForWhatExists checks each rule, and the labels in its texts.
func TestAlertsAskForWhatExists(t *testing.T) {
	t.Parallel()
	metrics, rules := known(t), alerts(t)
	if len(rules) < 13 {
		t.Errorf("there are only %d alerts", len(rules))
	}
	for _, a := range rules {
		labels, err := metrics.Check(a.Expr)
		if err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
		for _, text := range a.Annotations {
			for _, match := range textLabel.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(labels, match[1]) {
					t.Errorf("%s: a text has the label %s, and the result has %v", a.Name, match[1], labels)
				}
			}
		}
	}
}

// TestFaultsInTheFilesAreFound breaks every query and rule that has one of some words, by a letter each.
func TestFaultsInTheFilesAreFound(t *testing.T) {
	t.Parallel()
	metrics := known(t)
	view := board.View{Scrape: 15 * time.Second, Step: time.Minute, Range: time.Hour, Known: map[string][]string{"job": {"a"}}}
	var exprs []string
	for _, q := range board.Questions() {
		for _, p := range q.Panels {
			for _, query := range p.Queries {
				exprs = append(exprs, view.Substitute(query.Expr))
			}
		}
	}
	for _, a := range alerts(t) {
		exprs = append(exprs, a.Expr)
	}
	for word, wrong := range map[string]string{
		"clerk_operator_users{": "clerk_operator_user{", "clerk_instance=": "clerk_instances=", "by (reason)": "by (reasons)",
		"InSync": "Insync", "KeyRejected": "KeyRefused", "DeletionHeld": "DeletionHold", `code!="2xx"`: `code!="200"`,
		"_seconds_bucket": "_seconds_buckets", "resource_name)": "resource_names)", "ClerkOperator.+": "Operator.+",
	} {
		broken := 0
		for _, expr := range exprs {
			if !strings.Contains(expr, word) {
				continue
			}
			broken++
			if _, err := metrics.Check(strings.ReplaceAll(expr, word, wrong)); err == nil {
				t.Errorf("%s instead of %s is not found in %s", wrong, word, expr)
			}
		}
		if broken == 0 {
			t.Errorf("no query has %s", word)
		}
	}
}

// TestPanelsLinkToAlerts wants each alert on a panel to be one of the rules, and each rule to be on a panel.
func TestPanelsLinkToAlerts(t *testing.T) {
	t.Parallel()
	linked := map[string]bool{}
	for _, q := range board.Questions() {
		for _, p := range q.Panels {
			for _, name := range p.Alerts {
				linked[name] = true
			}
		}
	}
	for _, a := range alerts(t) {
		if !linked[a.Name] {
			t.Errorf("no panel links to the runbook of %s", a.Name)
		}
		delete(linked, a.Name)
	}
	for name := range linked {
		t.Errorf("a panel links to the runbook of %s, which is no alert", name)
	}
}

// TestRunbooksNamePanels wants each row and panel in the table of docs/operations.md to exist, and each row to be in the table.
func TestRunbooksNamePanels(t *testing.T) {
	t.Parallel()
	panels, missing := map[string]bool{}, map[string]bool{}
	for _, q := range board.Questions() {
		missing[q.Title] = true
		for _, p := range q.Panels {
			panels[q.Title+" "+p.Title] = true
		}
	}
	lines := rows(read(t, "docs/operations.md"), "| question |")
	if len(lines) < 10 {
		t.Fatalf("the table of questions has %d lines", len(lines))
	}
	for _, cells := range lines {
		for part := range strings.SplitSeq(cells[2], "; ") {
			row, titles, _ := strings.Cut(strings.TrimPrefix(part, "**"), "** ")
			delete(missing, row)
			for title := range strings.SplitSeq(titles, " · ") {
				if !panels[row+" "+title] {
					t.Errorf("the row %q has no panel %q, which is in the line %q", row, title, cells[0])
				}
			}
		}
	}
	for row := range missing {
		t.Errorf("the table does not name the row %q", row)
	}
}

// TestReferenceIsRead reads a page as "make generate" writes it.
func TestReferenceIsRead(t *testing.T) {
	t.Parallel()
	page := "# Metrics\n\n| metric | meaning | type | labels |\n|---|---|---|---|\n" +
		"| `a_total` | Of `x`. | counter | `id`, `kind` |\n| `b_seconds` | Time. | histogram | `kind` |\n| `c` | One. | gauge | none |\n\n" +
		"| label | of | values |\n|---|---|---|\n| `id` | all metrics with this label | the id (`ins_…`), or `unknown` |\n" +
		"| `kind` | `a_total` | `one`, `two` |\n| `kind` | the other metrics with this label | `three` |\n"
	got, err := Reference(page)
	if err != nil {
		t.Fatal(err)
	}
	for expr, fine := range map[string]bool{
		`a_total{id="x",kind="one"}`: true, `a_total{kind="three"}`: false, `b_seconds_sum{kind="three"}`: true, `b_seconds_sum{kind="one"}`: false,
		`c`: true, `c{id="x"}`: false,
	} {
		if _, err := got.Check(expr); (err == nil) != fine {
			t.Errorf("%s: %v", expr, err)
		}
	}
	for _, wrong := range []string{"", "# Metrics\n", strings.Replace(page, "`kind` | `a_total`", "`kind` | `c`", 1)} {
		if _, err := Reference(wrong); err == nil {
			t.Errorf("the page is not refused:\n%s", wrong)
		}
	}
}
