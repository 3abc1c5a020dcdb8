// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestRulesAreValid(t *testing.T) {
	t.Parallel()
	if text, err := promtool(t, "check", "rules", "--lint=all", "--lint-fatal", place(t, "config", "prometheus", "rules.yaml")); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestRulesFireAndEnd(t *testing.T) {
	t.Parallel()
	if text, err := promtool(t, "test", "rules", place(t, "test", "alerts", "rules_test.yaml")); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// sabotage is one way to break a rule: what is replaced in its text, and by what.
type sabotage struct {
	name    string
	pattern *regexp.Regexp
	by      string
}

func sabotages() []sabotage {
	to := func(name, pattern, by string) sabotage { return sabotage{name, regexp.MustCompile(pattern), by} }
	return []sabotage{
		to("the comparison is turned", ` == (\d)`, " != $1"),
		to("the comparison is turned", ` > (\d)`, " < $1"),
		to("there is no time to wait", `(?m)^    for: .*\n`, ""),
		to("the time to wait is twice as long", `(?m)^    for: (\d+)m$`, "    for: ${1}0m"),
		to("no gap is bridged", `last_over_time\((\S+)\[5m\]\)`, "$1"),
		to("what lasted does not count", `min_over_time\((\S+)\[6m\]\)`, "$1"),
		to("of two leaders, the other one counts", `(?m)^      min by`, "      max by"),
		to("of two leaders, the other one counts", `(?m)^      max by`, "      min by"),
		to("installations are mixed up", `cluster, namespace, job, (\w+)`, "$1"),
		to("nothing excludes", `(?s)\n      unless on.*?== 1\n`, "\n"),
		to("0 is a time", `\) > 0\n`, ")\n"),
		to("nobody is absent", `(?m)^      or\n      absent.*\n`, ""),
		to("the alternative is gone", `(?s)\n      or\n.*?\n    (#|for)`, "\n    $1"),
		to("another reason counts", `reason="\w+"`, `reason="InvalidSpec"`),
		to("all scopes and outcomes count", `\{(scope|outcome)[^}]*\}`, ""),
		to("restarts long ago count", `(?m)^ +and changes.*\n`, ""),
		to("restarts of other programs count", `(?m)^ +and on.*\n`, ""),
		to("three restarts are enough", ` > 3`, " > 2"),
		to("restarts are not counted", `changes\(process_start_time_seconds\[1h\]\)`, "process_start_time_seconds"),
		to("few users are enough", ` > 5`, " > 4"),
		to("a small share is enough", ` > 0\.2`, " > 0.19"),
		to("users that are in sync count", `ready!="True",`, ""),
		to("held users count", `DeletionHeld\|`, ""),
		to("users that wait for a delay count", `DeletionPending\|`, ""),
		to("suspended users count", `Suspended\|`, ""),
		to("users that wait for the budget count", `Waiting\|`, ""),
		to("new users count", `none\|`, ""),
		to("users of a ClerkInstance that is not Ready count", `InstanceNotReady\|`, ""),
		to("users of another Clerk instance count", `\|InstanceChanged"`, `"`),
		to("resets are not taken into account", `increase\((\S+)\[\w+\]\)`, "$1"),
		to("the severity is another one", `severity: (\w)`, "severity: x$1"),
		to("the description lacks its labels", `\{\{ \$labels\.\w+ \}\}`, "x"),
	}
}

// TestBrokenRulesAreNoticed breaks each rule in each way that applies to it. The unit tests have to fail every time.
func TestBrokenRulesAreNoticed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a run of promtool for each broken rule takes long, and -short is set")
	}
	_, _ = promtool(t, "--version") // skips the test where there is none
	atOnce, count := make(chan struct{}, runtime.GOMAXPROCS(0)), 0
	for _, r := range rules(t) {
		if failed := failing(t, r.Alert, nil); failed != "" {
			t.Fatalf("the tests of %s fail with the rules as they are: %s", r.Alert, failed)
		}
		times := 0
		for _, s := range sabotages() {
			if own := blocks(t)[r.Alert]; s.pattern.ReplaceAllString(own, s.by) == own {
				continue
			}
			times++
			t.Run(fmt.Sprintf("%s/%s", r.Alert, s.name), func(t *testing.T) {
				t.Parallel()
				atOnce <- struct{}{}
				defer func() { <-atOnce }()
				if failing(t, r.Alert, &s) == "" {
					t.Error("no test fails")
				}
			})
		}
		if count += times; times < 4 {
			t.Errorf("%s was broken in %d ways only", r.Alert, times)
		}
	}
	t.Logf("the rules were broken in %d ways", count)
}

// blocks are the texts of the rules, by the alert.
func blocks(t *testing.T) map[string]string {
	t.Helper()
	const begin = "  - alert: "
	found := map[string]string{}
	for _, block := range strings.Split(read(t, "config", "prometheus", "rules.yaml"), begin)[1:] {
		alert, _, _ := strings.Cut(block, "\n")
		found[alert] = begin + strings.TrimRight(block, "\n") + "\n"
	}
	return found
}

// failing runs the unit tests that mention an alert, with this rule broken, and returns what fails. To be fast, it leaves out the rules
// of which these tests say nothing.
func failing(t *testing.T, alert string, broken *sabotage) string {
	t.Helper()
	tests, mentioned := testsOf(t, alert)
	rules := "groups:\n- name: clerk-operator\n  rules:\n"
	for name, block := range blocks(t) {
		if name == alert && broken != nil {
			block = broken.pattern.ReplaceAllString(block, broken.by)
		}
		if mentioned.MatchString(name) {
			rules += block
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.yaml": rules, "tests.yaml": tests} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := promtool(t, "check", "rules", filepath.Join(dir, "rules.yaml")); err != nil {
		t.Fatalf("the rules are not valid, so this shows nothing: %v\n%s", err, text)
	}
	text, err := promtool(t, "test", "rules", filepath.Join(dir, "tests.yaml"))
	if err != nil {
		return text
	}
	return ""
}

// testsOf are the unit tests that mention an alert, for rules in the same directory, and a pattern for all alerts that they mention.
func testsOf(t *testing.T, alert string) (string, *regexp.Regexp) {
	t.Helper()
	const begin = "\n- name: "
	pattern := alert
	all := strings.Split(strings.ReplaceAll(read(t, "test", "alerts", "rules_test.yaml"), "../../config/prometheus/rules.yaml", "rules.yaml"), begin)
	own := all[0]
	for _, test := range all[1:] {
		several := regexp.MustCompile(`alertname=~"([^"]+)"`).FindStringSubmatch(test)
		switch {
		case several != nil && regexp.MustCompile("^(?:"+several[1]+")$").MatchString(alert):
			own, pattern = own+begin+test, several[1]
		case strings.Contains(test, "alertname: "+alert), strings.Contains(test, `alertname="`+alert+`"`):
			own += begin + test
		}
	}
	return own, regexp.MustCompile("^(?:" + pattern + ")$")
}
