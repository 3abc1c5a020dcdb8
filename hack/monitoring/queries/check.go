// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Check returns the labels that the result of an expression has, and what is wrong with the expression.
func (c Catalogue) Check(text string) ([]string, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", text, err)
	}
	var problems []error
	report := func(format string, arguments ...any) {
		problems = append(problems, fmt.Errorf(format+" in "+text, arguments...))
	}
	result := checker{c, report}.labels(expr)
	return slices.Sorted(maps.Keys(result)), errors.Join(problems...)
}

// set is a set of names of labels.
type set map[string]bool

func setOf(names ...string) set {
	s := set{}
	for _, name := range names {
		s[name] = true
	}
	return s
}

type checker struct {
	known  Catalogue
	report func(format string, arguments ...any)
}

// labels returns the labels that the result of an expression has, and reports what is wrong with it.
func (c checker) labels(expr parser.Expr) set {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return c.selector(e)
	case *parser.AggregateExpr:
		return c.aggregate(e)
	case *parser.BinaryExpr:
		return c.binary(e)
	case *parser.Call:
		return c.call(e)
	case *parser.ParenExpr:
		return c.labels(e.Expr)
	case *parser.UnaryExpr:
		return c.labels(e.Expr)
	case *parser.MatrixSelector:
		return c.labels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return c.labels(e.Expr)
	case *parser.StepInvariantExpr:
		return c.labels(e.Expr)
	}
	return set{} // numbers and strings
}

func (c checker) selector(s *parser.VectorSelector) set {
	_, known, found := c.known.find(s.Name)
	if !found {
		c.report("there is no metric %s,", s.Name)
		return set{}
	}
	result := setOf(targetLabels()...)
	for label := range known {
		result[label] = true
	}
	for _, matcher := range s.LabelMatchers {
		if matcher.Name == model.MetricNameLabel || isTargetLabel(matcher.Name) {
			continue
		}
		values, found := known[matcher.Name]
		if !found {
			c.report("%s has no label %s,", s.Name, matcher.Name)
			continue
		}
		c.values(s.Name, matcher, values)
	}
	return result
}

// values checks that what a matcher names can occur. Of a regular expression, each alternative must.
func (c checker) values(metric string, matcher *labels.Matcher, possible []string) {
	if len(possible) == 0 {
		return
	}
	alternatives := matcher.SetMatches()
	if matcher.Type == labels.MatchEqual || matcher.Type == labels.MatchNotEqual {
		alternatives = []string{matcher.Value}
	}
	for _, value := range alternatives {
		if !slices.Contains(possible, value) {
			c.report("%s has no %s=%q,", metric, matcher.Name, value)
		}
	}
	positive := labels.MustNewMatcher(positiveType(matcher.Type), matcher.Name, matcher.Value)
	if len(alternatives) == 0 && !slices.ContainsFunc(possible, positive.Matches) {
		c.report("%s has no %s that matches %q,", metric, matcher.Name, matcher.Value)
	}
}

// positiveType is the type of the matcher that matches what is excluded.
func positiveType(t labels.MatchType) labels.MatchType {
	switch t {
	case labels.MatchNotEqual:
		return labels.MatchEqual
	case labels.MatchNotRegexp:
		return labels.MatchRegexp
	case labels.MatchEqual, labels.MatchRegexp:
	}
	return t
}

func (c checker) aggregate(a *parser.AggregateExpr) set {
	inner := c.labels(a.Expr)
	for _, label := range a.Grouping {
		if !inner[label] {
			c.report("%s has no label %s,", a.Expr, label)
		}
	}
	if !a.Without {
		return setOf(a.Grouping...)
	}
	for _, label := range a.Grouping {
		delete(inner, label)
	}
	return inner
}

func (c checker) binary(b *parser.BinaryExpr) set {
	left, right := c.labels(b.LHS), c.labels(b.RHS)
	matching := b.VectorMatching
	if matching == nil { // one side is a number
		maps.Copy(left, right)
		return left
	}
	for _, label := range matching.MatchingLabels {
		if !left[label] || !right[label] {
			c.report("not both sides of %s have a label %s,", b.Op, label)
		}
	}
	for _, label := range matching.Include {
		if !left[label] && !right[label] {
			c.report("no side of %s has a label %s,", b.Op, label)
		}
	}
	switch {
	case b.Op == parser.LOR:
		maps.Copy(left, right)
	case matching.Card == parser.CardOneToOne && matching.On:
		return setOf(matching.MatchingLabels...)
	case matching.Card == parser.CardOneToMany:
		left = right
	}
	for _, label := range matching.Include {
		left[label] = true
	}
	return left
}

func (c checker) call(call *parser.Call) set {
	result := set{}
	for _, argument := range call.Args {
		maps.Copy(result, c.labels(argument))
	}
	if call.Func.Name == "histogram_quantile" {
		if !result["le"] {
			c.report("%s has no label le,", call)
		}
		delete(result, "le")
	}
	return result
}
