// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// View is what Grafana puts into a query.
type View struct {
	Scrape time.Duration // the interval of scrapes, as the data source says
	Step   time.Duration // the time between two points
	Range  time.Duration // of the whole picture
	// Chosen are the values of the variables that are chosen one by one. For the others, All is chosen.
	Chosen map[string][]string
	// Known are the values that each variable has.
	Known map[string][]string
}

// Substitute replaces the variables of an expression as Grafana does.
func (v View) Substitute(expr string) string {
	// Grafana's rule: at least four scrapes, so that there are two even after a missed one.
	rate := max(v.Step+v.Scrape, 4*v.Scrape)
	pairs := []string{
		"$__rate_interval", milliseconds(rate), "$__range", milliseconds(v.Range), "$__interval", milliseconds(v.Step),
	}
	for _, variable := range Variables() {
		pairs = append(pairs, "$"+variable.Name, v.value(variable))
	}
	return strings.NewReplacer(pairs...).Replace(expr)
}

func (v View) value(variable Variable) string {
	values := v.Chosen[variable.Name]
	if len(values) == 0 && variable.All != "" {
		return variable.All
	}
	if len(values) == 0 {
		values = v.Known[variable.Name]
	}
	escaped := slices.Clone(values)
	for i, value := range escaped {
		escaped[i] = escape(value)
	}
	if len(escaped) == 1 {
		return escaped[0]
	}
	return "(" + strings.Join(escaped, "|") + ")"
}

// escape makes a value a regular expression inside a string of PromQL, as Grafana does.
func escape(value string) string {
	var text strings.Builder
	for _, r := range value {
		if strings.ContainsRune(`$^*{}[]+?.()|\`, r) {
			text.WriteString(`\\`)
		}
		text.WriteRune(r)
	}
	return text.String()
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
