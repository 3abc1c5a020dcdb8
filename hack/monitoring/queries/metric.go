// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package queries checks that PromQL expressions parse, and that they use only metrics, labels and values of labels that exist.
package queries

import (
	"maps"
	"slices"
	"strings"
)

// Metric is what is known of a metric.
type Metric struct {
	Name string
	// Histogram says that there are the series NAME_bucket, NAME_sum and NAME_count, and no NAME.
	Histogram bool
	// Labels are the labels with their possible values. No values means that any is possible.
	Labels map[string][]string
}

// Catalogue is all metrics that may be used, by name.
type Catalogue map[string]Metric

// targetLabels are those that Prometheus adds to the series of a target. cluster is an external label, or one of a target, of those who
// have several clusters.
func targetLabels() []string {
	return []string{"cluster", "namespace", "job", "instance", "pod", "service", "container", "endpoint"}
}

// find returns the metric to which a series belongs, and the labels of the series.
func (c Catalogue) find(series string) (Metric, map[string][]string, bool) {
	if metric, found := c[series]; found && !metric.Histogram {
		return metric, metric.Labels, true
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		name, has := strings.CutSuffix(series, suffix)
		metric, found := c[name]
		if !has || !found || !metric.Histogram {
			continue
		}
		labels := map[string][]string{}
		maps.Copy(labels, metric.Labels)
		if suffix == "_bucket" {
			labels["le"] = nil
		}
		return metric, labels, true
	}
	return Metric{}, nil, false
}

// isTargetLabel reports whether Prometheus adds the label.
func isTargetLabel(label string) bool { return slices.Contains(targetLabels(), label) }
