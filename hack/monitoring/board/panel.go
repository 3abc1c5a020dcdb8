// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package board describes the Grafana dashboard of the operator: one row for each question, the panels that answer it and their
// queries. The description is data. JSON renders it for Grafana, and the pictures of the documentation are drawn from it.
package board

// Kind is the type of a panel.
type Kind int

// The kinds of panels.
const (
	Stat     Kind = iota // the last value, large
	Lines                // a value over time
	Stacked              // parts of a whole over time
	Timeline             // states over time
	Table                // the last values of several series, one a line
)

// Question is a row of the dashboard.
type Question struct {
	Title string
	// Name is the name of the question in the names of files.
	Name   string
	Panels []Panel
}

// Panel is one answer to a question.
type Panel struct {
	Title string
	// Description says what the panel shows and what is normal.
	Description string
	Kind        Kind
	Width       uint32 // of 24
	Height      uint32
	// Unit is the name of a unit in Grafana; "" is a number without a unit.
	Unit    string
	Queries []Query
	// Steps color a value from its lower bound on. The first step has no lower bound.
	Steps []Step
	// States name the values of a timeline or a stat. Keys are numbers.
	States map[string]State
	// Colors maps a regular expression for the name of a series to its color.
	Colors []Color
	// Columns are the names that a table shows, by the label. Labels without a name are hidden. "Value #A" is the value of query A.
	Columns []Column
	// Empty is what the panel shows if no query returns data. A panel that has it may be empty in normal operation.
	Empty string
	// Alerts are the alerts whose runbooks the panel links to.
	Alerts []string
}

// Query is one PromQL expression with Grafana's variables. Legend names its series with {{label}}.
type Query struct {
	Expr   string
	Legend string
}

// Step is a color from a lower bound on.
type Step struct {
	From  float64
	Color string
}

// State is the text and color of a value.
type State struct {
	Text  string
	Color string
}

// Color is the color of the series whose names match a regular expression.
type Color struct {
	Series string
	Color  string
	Dashed bool
}

// Column is a column of a table.
type Column struct {
	Label string
	Title string
	Unit  string
}

// The colors of Grafana's palette that have a meaning here. All of them are readable on light and on dark ground.
const (
	good    = "green"
	notable = "yellow"
	warning = "orange"
	bad     = "red"
	neutral = "blue"
	other   = "purple"
)

// Questions are the rows of the dashboard, in the order in which a person asks.
func Questions() []Question {
	return []Question{working(), users(), changes(), budget(), mirrorAndDrift(), deletionsAndActions(), operator()}
}
