// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package metrics makes docs/reference/metrics.md. It sets up the operator's own controllers without a cluster, and describes what
// their collectors send: first in a standby, then in a leader that uses Clerk instances.
package metrics

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	several = 10

	allMetrics   = "all metrics with this label"
	otherMetrics = "the other metrics with this label"
)

// Page returns the generated part of the page.
func Page(ctx context.Context) (string, error) {
	standby, leader, err := gather(ctx)
	if err != nil {
		return "", err
	}
	return render(describe(standby, leader)), nil
}

func render(all []metric) string {
	var b strings.Builder
	standby := 0
	for _, m := range all {
		standby += m.standby
	}
	fmt.Fprintf(&b, "## Number of series\n\nA standby has %d series. A leader has %d series with one Clerk instance and %d with %d, "+
		"each used by one ClerkInstance.\n\n", standby, total(all, 1), total(all, several), several)
	b.WriteString("## Metrics\n\n| metric | meaning | type | labels | exported by | series |\n|---|---|---|---|---|---|\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", m.name, escape(m.help), m.kind, labelNames(m), exporter(m), formula(m))
	}
	b.WriteString("\n## Labels\n\n| label | of | values |\n|---|---|---|\n")
	sets := labelSets(all)
	for _, s := range sets {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.name, holders(s, sets), values(s.label))
	}
	return b.String()
}

func labelNames(m metric) string {
	if len(m.labels) == 0 {
		return "none"
	}
	var names []string
	for _, l := range m.labels {
		names = append(names, l.name)
	}
	return quoted(names)
}

// exporter says which replicas have the series.
func exporter(m metric) string {
	switch m.standby {
	case 0:
		return "leader"
	case m.fixed:
		if m.perInstance+m.perObject > 0 {
			return "each replica; leader for each Clerk instance"
		}
		return "each replica"
	default:
		return "each replica, the leader more"
	}
}

// formula is the number of series of a leader: I is the number of Clerk instances, C that of ClerkInstances.
func formula(m metric) string {
	var terms []string
	if m.fixed > 0 {
		terms = append(terms, strconv.Itoa(m.fixed))
	}
	for unit, n := range map[string]int{"I": m.perInstance, "C": m.perObject} {
		switch {
		case n == 1:
			terms = append(terms, unit)
		case n > 1:
			terms = append(terms, fmt.Sprintf("%d × %s", n, unit))
		}
	}
	slices.Sort(terms)
	return strings.Join(terms, " + ")
}

// labelSet is a label with the same values in several metrics.
type labelSet struct {
	label

	metrics []string
}

// labelSets returns the labels of all metrics, sorted by name.
func labelSets(all []metric) []labelSet {
	var sets []labelSet
	for _, m := range all {
		for _, l := range m.labels {
			i := slices.IndexFunc(sets, func(s labelSet) bool { return s.name == l.name && slices.Equal(s.values, l.values) })
			if i < 0 {
				i = len(sets)
				sets = append(sets, labelSet{label: l})
			}
			sets[i].metrics = append(sets[i].metrics, m.name)
		}
	}
	slices.SortStableFunc(sets, func(a, b labelSet) int { return strings.Compare(a.name, b.name) })
	return sets
}

// holders says which metrics have a label with these values.
func holders(s labelSet, sets []labelSet) string {
	most := slices.IndexFunc(sets, func(other labelSet) bool {
		return other.name == s.name && len(other.metrics) >= len(s.metrics) && other.metrics[0] != s.metrics[0]
	})
	alone := !slices.ContainsFunc(sets, func(other labelSet) bool { return other.name == s.name && other.metrics[0] != s.metrics[0] })
	switch {
	case alone:
		return allMetrics
	case most < 0:
		return otherMetrics
	default:
		return quoted(s.metrics)
	}
}

func values(l label) string {
	what, open := openLabels()[l.name]
	switch {
	case open && len(l.values) > 0:
		return what + ", or " + quoted(l.values)
	case open:
		return what
	default:
		return quoted(l.values)
	}
}

func quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, ", ")
}

// escape makes a text one cell of a table.
func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
