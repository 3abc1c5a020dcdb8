// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// TestFilesAreCurrent compares the files with what the program writes.
func TestFilesAreCurrent(t *testing.T) {
	t.Parallel()
	want, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config/grafana/clerk-operator.json", "charts/clerk-operator/files/grafana/clerk-operator.json"} {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not current; run \"make dashboard\"", name)
		}
	}
}

// TestConfigMapCanBeApplied bounds the dashboard: kubectl apply keeps a ConfigMap in an annotation of its own, as text in JSON.
func TestConfigMapCanBeApplied(t *testing.T) {
	t.Parallel()
	const maxAnnotations, rest = 256 * 1024, 4 * 1024
	text, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(quoted)+rest > maxAnnotations {
		t.Errorf("the dashboard takes %d bytes of an annotation, and may take %d", len(quoted), maxAnnotations-rest)
	}
}

// TestGrafanaReadsEveryField decodes the dashboard into Grafana's types and encodes it again. A field that they do not know would be
// lost, and one that they require would be added.
func TestGrafanaReadsEveryField(t *testing.T) {
	t.Parallel()
	plugins.RegisterDefaultPlugins()
	text, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plain(t, again(t, text)), plain(t, text); got != want {
		t.Errorf("decoded and encoded again, it is\n%s\nwant\n%s", got, want)
	}
	for _, known := range []string{"legendFormat", "drawStyle", "gridPos", "showHeader", "noValue", "rowHeight", "steps"} {
		wrong := bytes.ReplaceAll(text, []byte(`"`+known+`"`), []byte(`"another"`))
		if plain(t, again(t, wrong)) == plain(t, wrong) {
			t.Errorf("a field that Grafana does not know, instead of %s, is not found", known)
		}
	}
}

// again decodes and encodes a dashboard.
func again(t *testing.T, text []byte) []byte {
	t.Helper()
	decoded := &dashboard.Dashboard{} //nolint:staticcheck // see Dashboard
	if err := json.Unmarshal(text, decoded); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// plain is a JSON text with sorted keys.
func plain(t *testing.T, text []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

// TestPanelsSayWhatIsNormal wants of each panel a title of its own, a description that says what is normal, and what fits its kind.
func TestPanelsSayWhatIsNormal(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	for _, q := range Questions() {
		if !strings.HasSuffix(q.Title, "?") || q.Name == "" || len(q.Panels) == 0 {
			t.Errorf("%q is no question with a name and panels", q.Title)
		}
		for _, p := range q.Panels {
			if titles[p.Title] {
				t.Errorf("two panels are called %q", p.Title)
			}
			titles[p.Title] = true
			if !strings.Contains(p.Description, "Normal: ") {
				t.Errorf("%s: the description does not say what is normal", p.Title)
			}
			for _, problem := range unfit(p) {
				t.Errorf("%s: %s", p.Title, problem)
			}
		}
	}
	if len(titles) < 35 {
		t.Errorf("there are only %d panels", len(titles))
	}
}

// unfit is what a panel lacks for its kind.
func unfit(p Panel) []string {
	var problems []string
	if (p.Kind == Table) != (len(p.Columns) > 0) {
		problems = append(problems, "a table has columns, and nothing else has")
	}
	if p.Kind == Timeline && len(p.States) == 0 && len(p.Steps) == 0 {
		problems = append(problems, "a timeline has states or steps")
	}
	if p.Kind == Stat && len(p.Steps) == 0 {
		problems = append(problems, "a stat has steps")
	}
	for _, query := range p.Queries {
		if (query.Legend == "") != (p.Kind == Table) {
			problems = append(problems, "a query outside of a table has a legend")
		}
	}
	return problems
}

// TestPanelsDoNotOverlap fills Grafana's grid without a hole beside a panel, except at the right.
func TestPanelsDoNotOverlap(t *testing.T) {
	t.Parallel()
	built, err := Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	type cell struct{ x, y uint32 }
	taken := map[cell]bool{}
	ids := map[uint32]bool{}
	for _, p := range built.Panels {
		var place *dashboard.GridPos
		var id uint32
		if p.RowPanel != nil {
			place, id = p.RowPanel.GridPos, p.RowPanel.Id
		} else {
			place, id = p.Panel.GridPos, *p.Panel.Id
		}
		if ids[id] {
			t.Errorf("two panels have the id %d", id)
		}
		ids[id] = true
		for x := place.X; x < place.X+place.W; x++ {
			for y := place.Y; y < place.Y+place.H; y++ {
				if taken[cell{x, y}] || x >= columns {
					t.Fatalf("panel %d overlaps another one or the edge at %d, %d", id, x, y)
				}
				taken[cell{x, y}] = true
			}
		}
	}
}

// TestSubstitution wants what Grafana puts into queries.
func TestSubstitution(t *testing.T) {
	t.Parallel()
	v := View{
		Scrape: 15 * time.Second, Step: 30 * time.Second, Range: time.Hour,
		Known:  map[string][]string{"job": {"a", "b.c"}},
		Chosen: map[string][]string{"clerk_instance": {"ins_1"}},
	}
	for expr, want := range map[string]string{
		`x{` + selected + `}[$__rate_interval]`: `x{cluster=~".*",job=~"(a|b\\.c)",namespace=~".*",clerk_instance=~"ins_1"}[60000ms]`,
		`$__range $__interval`:                  `3600000ms 30000ms`,
	} {
		if got := v.Substitute(expr); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	v.Step = 5 * time.Minute
	if got := v.Substitute(`$__rate_interval`); got != "315000ms" {
		t.Errorf("the interval of a long range is %s", got)
	}
}

// TestNothingIsLeftToSubstitute wants no variable that nobody replaces.
func TestNothingIsLeftToSubstitute(t *testing.T) {
	t.Parallel()
	variable := regexp.MustCompile(`\$\w+`)
	v := View{Scrape: time.Second, Step: time.Second, Range: time.Hour, Known: map[string][]string{"job": {"a"}}}
	for _, q := range Questions() {
		for _, p := range q.Panels {
			for _, query := range p.Queries {
				if left := variable.FindString(v.Substitute(query.Expr)); left != "" {
					t.Errorf("%s: %s is left in %s", p.Title, left, query.Expr)
				}
			}
		}
	}
}
