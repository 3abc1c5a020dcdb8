// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// code is a name in a table of the reference.
var code = regexp.MustCompile("`([^`]+)`")

// Reference reads the generated docs/reference/metrics.md: the table of metrics, and that of labels and their values.
func Reference(page string) (Catalogue, error) {
	known := Catalogue{}
	for _, cells := range rows(page, "| metric |") {
		metric := Metric{Name: names(cells[0])[0], Histogram: cells[2] == "histogram", Labels: map[string][]string{}}
		for _, label := range names(cells[3]) {
			metric.Labels[label] = nil
		}
		known[metric.Name] = metric
	}
	labels := rows(page, "| label |")
	if len(known) == 0 || len(labels) == 0 {
		return nil, errors.New("the page has no table of metrics or none of labels")
	}
	named := map[string][]string{}
	for _, cells := range labels {
		label, of, values := names(cells[0])[0], names(cells[1]), closed(cells[2])
		if len(of) == 0 {
			of = known.having(label, named[label])
		}
		for _, name := range of {
			metric, found := known[name]
			if _, has := metric.Labels[label]; !found || !has {
				return nil, fmt.Errorf("the page gives values of %s to %s, which lacks it", label, name)
			}
			metric.Labels[label] = values
		}
		named[label] = append(named[label], of...)
	}
	return known, nil
}

// having are the metrics with a label, without those that have rows of their own.
func (c Catalogue) having(label string, without []string) []string {
	var found []string
	for name, metric := range c {
		if _, has := metric.Labels[label]; has && !slices.Contains(without, name) {
			found = append(found, name)
		}
	}
	return found
}

// rows are the cells of a table, by the beginning of its first line.
func rows(page, head string) [][]string {
	_, table, found := strings.Cut(page, "\n"+head)
	if !found {
		return nil
	}
	var all [][]string
	for _, line := range strings.Split(table, "\n")[2:] {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		all = append(all, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return all
}

// names are the names in a cell.
func names(cell string) []string {
	var all []string
	for _, match := range code.FindAllStringSubmatch(cell, -1) {
		all = append(all, match[1])
	}
	return all
}

// closed are the values in a cell that lists nothing else; nil if the cell describes them.
func closed(cell string) []string {
	if strings.Trim(code.ReplaceAllString(cell, ""), ", ") != "" {
		return nil
	}
	return names(cell)
}
