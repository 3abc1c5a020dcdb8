// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package reasons makes docs/reference/reasons.md from the table of reasons.
package reasons

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// Page returns the generated part of the page.
func Page(context.Context) (string, error) { return render(reasons.All()), nil }

func render(all []reasons.Entry) string {
	var b strings.Builder
	for _, kind := range reasons.Kinds() {
		entries := slices.DeleteFunc(slices.Clone(all), func(e reasons.Entry) bool { return e.Kind != kind })
		fmt.Fprintf(&b, "\n## %s\n\n| reason | condition | urgency | meaning |\n|---|---|---|---|\n", kind)
		for _, e := range entries {
			fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s |\n", e.Reason, anchor(e), condition(e), e.Urgency, cell(e.Meaning))
		}
		written := map[string]bool{}
		for _, e := range entries {
			if !written[e.Reason] {
				fmt.Fprintf(&b, "\n### %s %s\n", kind, e.Reason)
				written[e.Reason] = true
			}
			renderEntry(&b, e)
		}
	}
	return b.String()
}

// anchor is the one that GitHub makes of the heading of an entry.
func anchor(e reasons.Entry) string { return strings.ToLower(e.Kind + "-" + e.Reason) }

func condition(e reasons.Entry) string {
	if e.Condition == v1alpha1.ConditionReady {
		return fmt.Sprintf("`%s=%s`", e.Condition, e.Status)
	}
	return "`" + e.Condition + "`"
}

func renderEntry(b *strings.Builder, e reasons.Entry) {
	fmt.Fprintf(b, "\n**%s.** %s", strings.Trim(condition(e), "`"), e.Meaning)
	if e.Retry != "" {
		fmt.Fprintf(b, " *The operator tries again:* %s%s", strings.ToLower(e.Retry[:1]), e.Retry[1:])
	}
	b.WriteString("\n\n| the message | what to do | commands |\n|---|---|---|\n")
	for _, c := range e.Cases {
		remedy := c.Remedy
		if c.Urgency != 0 {
			remedy += fmt.Sprintf(" (Urgency: %s.)", c.Urgency)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", cell(strings.Join(c.Messages, " · ")), cell(remedy), commands(c.Commands))
	}
}

func commands(all []string) string {
	var quoted []string
	for _, command := range all {
		quoted = append(quoted, "`"+cell(command)+"`")
	}
	return strings.Join(quoted, "<br>")
}

// cell makes a text one cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
