// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDurationsOfExpressionsAreDivided(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ expression, want string }{
		"Range":           {"increase(x[15m]) > 2.5", "increase(x[7s500ms]) > 2.5"},
		"Offset":          {"x offset 1h > 600", "x offset 30s > 600"},
		"ShortRange":      {"rate(x[1m]) > 0", "rate(x[1s]) > 0"},
		"Age":             {"time() - x > 1800", "time() - x > 15"},
		"AgeOfSomePart":   {"time() - (min by (job) (x[4m]) > 0) > 30 * 60", "time() - (min by (job) (x[2s]) > 0) > 0.25 * 60"},
		"AgesInTwoParts":  {"time() - x > 600 or\ntime() - (y > 0) >= 1200", "time() - x > 5 or\ntime() - (y > 0) >= 10"},
		"AgeInBrackets":   {"(time() - x > 600) and y > 600", "(time() - x > 5) and y > 600"},
		"NoTimeInNumbers": {"sum(x) > 600", "sum(x) > 600"},
	}
	for name, tc := range cases {
		got, err := scaledExpression(tc.expression)
		if err != nil || got != tc.want {
			t.Errorf("%s: %q is %q (%v), want %q", name, tc.expression, got, err, tc.want)
		}
	}
	for _, wrong := range []string{"rate(x[5parsecs])", "time() - x > y"} {
		if got, err := scaledExpression(wrong); err == nil {
			t.Errorf("%q is %q without an error", wrong, got)
		}
	}
}

func TestRuleFileIsScaled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	const rules = "groups:\n- name: a\n  interval: 1m\n  rules:\n  - alert: B\n    expr: rate(x[10m]) > 0\n    for: 10m\n    keep_firing_for: 4m\n" +
		"    labels: {severity: warning}\n  - alert: C\n    expr: x > 0\n  - record: z\n    expr: x\n"
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	got, alerts, err := scaledRules(path)
	const want = "groups:\n- interval: 500ms\n  name: a\n  rules:\n  - alert: B\n    expr: rate(x[5s]) > 0\n    for: 5s\n    keep_firing_for: 2s\n" +
		"    labels:\n      severity: warning\n  - alert: C\n    expr: x > 0\n  - expr: x\n    record: z\n"
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(map[string]string{"B": "10m", "C": ""}, alerts); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
}

// TestEveryRangeOfTheRulesIsDivided looks for ranges of minutes and hours that are left.
func TestEveryRangeOfTheRulesIsDivided(t *testing.T) {
	t.Parallel()
	text, alerts, err := scaledRules(filepath.Join("..", "..", "config", "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if left := regexp.MustCompile(`\[[0-9]+h\]|for: [0-9]+m\b`).FindAllString(string(text), -1); len(left) > 0 {
		t.Errorf("these are as in a real installation: %v", left)
	}
	expected := map[string]bool{}
	for _, s := range scenarios() {
		for _, alert := range s.alerts {
			expected[alert] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(alerts)), slices.Sorted(maps.Keys(expected))); diff != "" {
		t.Errorf("alerts of the rules and of the scenarios (-rules +scenarios):\n%s", diff)
	}
}

func TestDocumentedJobIsComplete(t *testing.T) {
	t.Parallel()
	job, err := documentedJob()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(job)), " "); got != "authorization job_name kubernetes_sd_configs relabel_configs scheme tls_config" {
		t.Errorf("the documented job has %s", got)
	}
}
