// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// table draws one line for each row, as many as there is room for.
func table(p board.Panel, all []series, a area) []*element {
	const perLine = 17
	width := a.width / float64(len(p.Columns))
	var drawn []*element
	for i, column := range p.Columns {
		drawn = append(drawn, write(a.x+width*float64(i), a.y+12, "head", fit(column.Title, width)))
	}
	rows := merge(all, len(p.Queries))
	room := int(a.height/perLine) - 1
	for i, row := range rows[:min(len(rows), room)] {
		y := a.y + 14 + perLine*float64(i+1)
		if i == room-1 && len(rows) > room {
			return append(drawn, write(a.x, y, "text", fmt.Sprintf("… and %d more", len(rows)-i)))
		}
		drawn = append(drawn, draw("path", "class", "grid", "d", "M"+coordinate(a.x)+" "+coordinate(y-12)+"h"+coordinate(a.width)))
		for j, column := range p.Columns {
			drawn = append(drawn, write(a.x+width*float64(j), y, "text", fit(row[column.Label], width-6)))
		}
	}
	return drawn
}

// merge makes rows of the series of all queries, as Grafana does: series whose common labels are equal are one row.
func merge(all []series, queries int) []map[string]string {
	var rows []map[string]string
	slices.SortStableFunc(all, func(a, b series) int { return a.query - b.query })
	for _, s := range all {
		cells := map[string]string{}
		for label, value := range s.labels {
			cells[string(label)] = string(value)
		}
		name, unit := "Value", ""
		if queries > 1 {
			name = "Value #" + board.RefID(s.query)
			unit = "s" // the only unit in a table of several queries
		}
		cells[name] = format(s.last(), unit)
		i := slices.IndexFunc(rows, func(row map[string]string) bool { return joins(row, cells, name) })
		if i < 0 {
			rows = append(rows, cells)
			continue
		}
		maps.Copy(rows[i], cells)
	}
	slices.SortStableFunc(rows, func(a, b map[string]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return rows
}

// joins reports whether what a row and the cells have in common is equal.
func joins(row, cells map[string]string, name string) bool {
	if _, taken := row[name]; taken {
		return false
	}
	for label, value := range cells {
		if other, common := row[label]; common && other != value {
			return false
		}
	}
	return true
}

// numbers draws the values of a stat, one below the other.
func numbers(p board.Panel, all []series, a area) []*element {
	var drawn []*element
	class := "big"
	if len(all) > 1 {
		class = "medium"
	}
	for i, s := range all {
		text := write(a.x+a.width/2, a.y+a.height*float64(2*i+1)/float64(2*len(all))+8, class, format(s.last(), p.Unit))
		text.Attrs = append(text.Attrs, draw("", "fill", stepColor(p.Steps, s.last())).Attrs...)
		drawn = append(drawn, text)
	}
	return drawn
}
