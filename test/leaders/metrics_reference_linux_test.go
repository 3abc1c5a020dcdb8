// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/notchecked"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// documented is a row of docs/reference/metrics.md.
type documented struct {
	Kind, Help string
	// Labels are the values by label. An open label has the form of its values in Form.
	Labels map[string][]string
	// Exporter is the column of that name. Series is the number of a leader's series with one Clerk instance and one ClerkInstance,
	// Fixed the number of those that belong to neither.
	Exporter      string
	Series, Fixed int
}

// reference reads docs/reference/metrics.md.
func reference(t *testing.T) map[string]documented {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "reference", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	labels := rowsOf(t, string(text), "label", 3)
	rows := map[string]documented{}
	for _, row := range rowsOf(t, string(text), "metric", 6) {
		name := quotedIn(row[0])[0]
		d := documented{Kind: row[2], Help: strings.ReplaceAll(row[1], `\|`, "|"), Labels: map[string][]string{}, Exporter: row[4]}
		for _, label := range quotedIn(row[3]) {
			d.Labels[label] = quotedIn(valuesOf(t, labels, label, name))
		}
		d.Series, d.Fixed = evaluate(t, row[5])
		rows[name] = d
	}
	return rows
}

// rowsOf returns the rows of the table whose first column has a title.
func rowsOf(t *testing.T, text, title string, columns int) [][]string {
	t.Helper()
	_, table, found := strings.Cut(text, "\n| "+title+" |")
	if !found {
		t.Fatalf("there is no table of a %s", title)
	}
	var rows [][]string
	for _, line := range strings.Split(table, "\n")[2:] {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		cells := strings.SplitN(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ", columns)
		if len(cells) != columns {
			t.Fatalf("row %q has %d columns, want %d", line, len(cells), columns)
		}
		rows = append(rows, cells)
	}
	return rows
}

// quotedIn returns what stands between backticks.
func quotedIn(cell string) []string {
	var all []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		all = append(all, match[1])
	}
	return all
}

// valuesOf returns the values of a metric's label: those of its own row, otherwise those of the row for all or for the others.
func valuesOf(t *testing.T, rows [][]string, label, metric string) string {
	t.Helper()
	for _, own := range []bool{true, false} {
		for _, row := range rows {
			general := strings.HasSuffix(row[1], "metrics with this label")
			if quotedIn(row[0])[0] == label && (own && slices.Contains(quotedIn(row[1]), metric) || !own && general) {
				return row[2]
			}
		}
	}
	t.Errorf("label %s of %s has no values", label, metric)
	return ""
}

// evaluate returns the number of series in a formula with I = 1 and C = 1, and the part of it without I and C.
func evaluate(t *testing.T, formula string) (all, fixed int) {
	t.Helper()
	for term := range strings.SplitSeq(formula, " + ") {
		factor, unit, multiplied := strings.Cut(term, " × ")
		if term == "I" || term == "C" {
			all++
			continue
		}
		n, err := strconv.Atoi(factor)
		if err != nil || multiplied && unit != "I" && unit != "C" {
			t.Errorf("%q is no number of series", formula)
		}
		all += n
		if !multiplied {
			fixed += n
		}
	}
	return all, fixed
}

// openLabel is the form of the values of labels that the document describes by words.
func openLabel(name string, env *environment) *regexp.Regexp {
	return map[string]*regexp.Regexp{
		"clerk_instance":     regexp.MustCompile("^" + env.clerk.ID() + "$"),
		"resource_namespace": regexp.MustCompile("^" + env.namespace + "$"),
		"resource_name":      regexp.MustCompile("^default$"),
		"version":            regexp.MustCompile("^.+$"),
		"revision":           regexp.MustCompile("^.+$"),
		"goversion":          regexp.MustCompile(`^go1\.\d+.*$`),
	}[name]
}

// ofObjects are labels with one value of a closed set, which depends on the object.
func ofObjects() []string { return []string{"environment"} }

// TestMetricsAreAsDocumented reads the metrics of a leader that manages users, and of a standby, and compares them with
// docs/reference/metrics.md: names, types, descriptions, labels, values, who has which series, and how many there are.
func TestMetricsAreAsDocumented(t *testing.T) {
	t.Parallel()
	env, want := newClerk(t), reference(t)
	addresses := map[*replica]string{}
	for _, name := range []string{"a", "b"} {
		address := manager.FreeAddress(t)
		addresses[env.start(name, "--metrics-bind-address="+address)] = address
	}
	leading := env.leader()
	env.add("ann", "bob")
	env.expectInSync("ann", "bob")
	reader := "Bearer " + env.token("reader")
	env.allowMetrics(rights.MetricsReader(t, "default"), "reader")
	for r, address := range addresses {
		leader := r.current() == leading
		env.expectMetrics(address, reader, http.StatusOK)
		env.eventually("the documented metrics", func() error { return env.compare(address, reader, want, leader) })
	}
	t.Run("Conventions", func(t *testing.T) {
		for _, address := range addresses {
			env.expectConventions(t, address, reader)
		}
	})
}

// expectConventions has promtool check the metrics for Prometheus' rules on names, units and descriptions.
func (env *environment) expectConventions(t *testing.T, address, reader string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		notchecked.Skip(t, "the names of metrics were not checked: promtool is not installed (on Debian: apt-get install prometheus)")
	}
	body, _, err := env.scrape(address, reader)
	if err != nil {
		t.Fatal(err)
	}
	var own strings.Builder
	for line := range strings.Lines(body) {
		if strings.Contains(line, "clerk_operator_") {
			own.WriteString(line)
		}
	}
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = strings.NewReader(own.String())
	if text, err := check.CombinedOutput(); err != nil || own.Len() == 0 {
		t.Errorf("%v\n%s", err, text)
	}
}

// compare returns how the metrics of a manager differ from the document.
func (env *environment) compare(address, reader string, want map[string]documented, leader bool) error {
	body, _, err := env.scrape(address, reader)
	if err != nil {
		return err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		return err
	}
	maps.DeleteFunc(families, func(name string, _ *dto.MetricFamily) bool { return !strings.HasPrefix(name, "clerk_operator_") })
	expected := maps.Clone(want)
	if !leader {
		maps.DeleteFunc(expected, func(_ string, d documented) bool { return d.Exporter == "leader" })
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(expected)), slices.Sorted(maps.Keys(families))); diff != "" {
		return fmt.Errorf("leader %t: metrics (-documented +scraped):\n%s", leader, diff)
	}
	for name, family := range families {
		if err := env.compareOne(family, want[name], leader); err != nil {
			return fmt.Errorf("leader %t: %s: %w", leader, name, err)
		}
	}
	return nil
}

func (env *environment) compareOne(family *dto.MetricFamily, want documented, leader bool) error {
	if kind := strings.ToLower(family.GetType().String()); kind != want.Kind || family.GetHelp() != want.Help {
		return fmt.Errorf("it is a %s with the description %q", kind, family.GetHelp())
	}
	series, values := 0, map[string][]string{}
	for _, one := range family.GetMetric() {
		series++
		if h := one.GetHistogram(); h != nil {
			// Parsed from text, there is a bucket without a limit. Beside the buckets there are the sum and the count.
			series += len(h.GetBucket()) + 1
		}
		for _, pair := range one.GetLabel() {
			values[pair.GetName()] = append(values[pair.GetName()], pair.GetValue())
		}
	}
	expected := want.Series
	if !leader {
		expected = want.Fixed
	}
	if series != expected {
		return fmt.Errorf("it has %d series, want %d", series, expected)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want.Labels)), slices.Sorted(maps.Keys(values))); diff != "" {
		return fmt.Errorf("labels (-documented +scraped):\n%s", diff)
	}
	for label, got := range values {
		if err := env.compareValues(label, got, want.Labels[label], leader); err != nil {
			return err
		}
	}
	return nil
}

// compareValues compares the values of a label. A standby has not all of them.
func (env *environment) compareValues(label string, got, want []string, leader bool) error {
	form := openLabel(label, env)
	for _, value := range got {
		if !slices.Contains(want, value) && (form == nil || !form.MatchString(value)) {
			return fmt.Errorf("label %s has the value %q, which is not documented", label, value)
		}
	}
	for _, value := range want {
		if leader && form == nil && !slices.Contains(got, value) && !slices.Contains(ofObjects(), label) {
			return fmt.Errorf("label %s does not have the documented value %q", label, value)
		}
	}
	return nil
}
