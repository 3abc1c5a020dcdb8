// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	api "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// series is what a query returns: one point for a value of now.
type series struct {
	name   string
	query  int
	labels model.Metric
	points []model.SamplePair
}

// last is the newest value.
func (s series) last() float64 { return float64(s.points[len(s.points)-1].Value) }

// window is the time that a picture shows, and how it is asked for.
type window struct {
	from, to time.Time
	view     board.View
}

// read returns what the queries of a panel return.
func (w window) read(ctx context.Context, prometheus api.API, p board.Panel) ([]series, error) {
	var all []series
	for i, query := range p.Queries {
		expr := w.view.Substitute(query.Expr)
		matrix, err := w.ask(ctx, prometheus, p.Kind, expr)
		if err != nil {
			return nil, fmt.Errorf("%s: asking for %s: %w", p.Title, expr, err)
		}
		for _, stream := range matrix {
			all = append(all, series{name(query.Legend, stream.Metric), i, stream.Metric, stream.Values})
		}
	}
	slices.SortStableFunc(all, func(a, b series) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func (w window) ask(ctx context.Context, prometheus api.API, kind board.Kind, expr string) (model.Matrix, error) {
	if kind != board.Stat && kind != board.Table {
		value, _, err := prometheus.QueryRange(ctx, expr, api.Range{Start: w.from, End: w.to, Step: w.view.Step})
		if err != nil {
			return nil, err
		}
		return value.(model.Matrix), nil
	}
	value, _, err := prometheus.Query(ctx, expr, w.to)
	if err != nil {
		return nil, err
	}
	var matrix model.Matrix
	for _, sample := range value.(model.Vector) {
		matrix = append(matrix, &model.SampleStream{Metric: sample.Metric, Values: []model.SamplePair{{Timestamp: sample.Timestamp, Value: sample.Value}}})
	}
	return matrix, nil
}

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// name is the legend with the labels of a series.
func name(legend string, metric model.Metric) string {
	return strings.TrimSpace(placeholder.ReplaceAllStringFunc(legend, func(found string) string {
		return string(metric[model.LabelName(placeholder.FindStringSubmatch(found)[1])])
	}))
}
