// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const runbooks = "https://github.com/clerk-operator/clerk-operator/blob/main/docs/operations.md#"

// TestEveryAlertHasARunbook compares the alerts with the sections of docs/operations.md, in both directions and in their order.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	page := read(t, "docs", "operations.md")
	var alerts, sections []string
	for _, r := range rules(t) {
		alerts = append(alerts, r.Alert)
		if want := runbooks + strings.ToLower(r.Alert); r.Annotations["runbook_url"] != want {
			t.Errorf("%s: the runbook is %s, want %s", r.Alert, r.Annotations["runbook_url"], want)
		}
		if s := r.Labels["severity"]; s != "warning" && s != "critical" {
			t.Errorf("%s: the severity is %q", r.Alert, s)
		}
		if !strings.Contains(r.Annotations["description"], "kubectl ") || r.Annotations["summary"] == "" {
			t.Errorf("%s: the description has no command, or there is no summary: %v", r.Alert, r.Annotations)
		}
	}
	for _, section := range regexp.MustCompile(`(?ms)^## (ClerkOperator\w+)\n(.*?)(?:\n## |\z)`).FindAllStringSubmatch(page+"\n", -1) {
		sections = append(sections, section[1])
	}
	for _, heading := range regexp.MustCompile(`(?m)^## (ClerkOperator\w+)$`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(sections, heading[1]) {
			sections = append(sections, heading[1])
		}
	}
	slices.Sort(alerts)
	slices.Sort(sections)
	if !slices.Equal(alerts, sections) {
		t.Errorf("the alerts are %q, and the sections of docs/operations.md are %q", alerts, sections)
	}
	for _, alert := range alerts {
		section := between(page, "\n## "+alert+"\n", "\n## ")
		for _, part := range []string{"**What it means.**", "**Who is affected.**", "**What to look at.**", "**What to do", "**When it ends.**"} {
			if strings.Count(section, part) == 0 {
				t.Errorf("the section of %s lacks %s", alert, part)
			}
		}
		if !strings.Contains(between(page, "\n## Questions\n", "\n## "), "(#"+strings.ToLower(alert)+")") {
			t.Errorf("no question leads to %s", alert)
		}
	}
}

// between returns the part of a text between two others.
func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	part, _, _ := strings.Cut(rest, end)
	return part
}

// TestNamesExist wants every metric of the rules and of docs/operations.md in the list of metrics, which is compared with a real scrape,
// and every reason and annotation in the API.
func TestNamesExist(t *testing.T) {
	t.Parallel()
	texts := read(t, "config", "prometheus", "rules.yaml") + read(t, "docs", "operations.md")
	reference := read(t, "docs", "reference", "metrics.md")
	seen := 0
	for _, name := range regexp.MustCompile(`clerk_operator_[a-z_]+`).FindAllString(texts, -1) {
		if name == "clerk_operator_" {
			continue
		}
		seen++
		if !strings.Contains(reference, "`"+name+"`") {
			t.Errorf("docs/reference/metrics.md does not have %s", name)
		}
	}
	if seen < 50 {
		t.Errorf("only %d metrics were found", seen)
	}
	// none is for an object without the condition.
	reasons := read(t, "api", "v1alpha1", "conditions.go") + `= "none"`
	for _, named := range regexp.MustCompile(`reason[=!]~?"([^"]+)"|outcome!="([^"]+)"`).FindAllStringSubmatch(read(t, "config", "prometheus", "rules.yaml"), -1) {
		for reason := range strings.SplitSeq(named[1]+named[2], "|") {
			if !strings.Contains(reasons, `= "`+reason+`"`) {
				t.Errorf("there is no reason %s", reason)
			}
		}
	}
	known := []string{v1alpha1.AnnotationReconcileRequestedAt, v1alpha1.AnnotationReleaseDeletions}
	for _, annotation := range regexp.MustCompile(`clerk-operator\.io/[a-z-]+`).FindAllString(texts, -1) {
		if !slices.Contains(known, annotation) {
			t.Errorf("there is no annotation %s", annotation)
		}
	}
}

// TestCommandsParse has a shell read every command of docs/operations.md and of the descriptions of alerts. It runs none.
func TestCommandsParse(t *testing.T) {
	t.Parallel()
	page := read(t, "docs", "operations.md")
	var commands []string
	for _, block := range regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[2]) {
			if command, console := strings.CutPrefix(line, "$ "); console || block[1] == "sh" {
				commands = append(commands, command)
			}
		}
	}
	for _, inline := range regexp.MustCompile("`(kubectl [^`]*)`").FindAllStringSubmatch(page, -1) {
		commands = append(commands, inline[1])
	}
	for _, r := range rules(t) {
		_, command, _ := strings.Cut(r.Annotations["description"], "kubectl ")
		commands = append(commands, "kubectl "+regexp.MustCompile(`\{\{.*?\}\}`).ReplaceAllString(command, "name"))
	}
	for _, command := range commands {
		if text, err := exec.CommandContext(t.Context(), "sh", "-n", "-c", command).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", command, err, text)
		}
	}
	if len(commands) < 40 {
		t.Errorf("only %d commands were found", len(commands))
	}
}
