// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

const (
	prefix        = "clerk_operator_"
	instanceLabel = "clerk_instance"
	objectLabel   = "resource_name"
)

// openLabels are the labels whose values are not from a closed set, and what they are.
func openLabels() map[string]string {
	return map[string]string{
		instanceLabel:        "the id of a Clerk instance (`ins_…`), or `unpinned-` and a number",
		"resource_namespace": "the namespace of a ClerkInstance",
		objectLabel:          "the name of a ClerkInstance",
		"version":            "the version of the operator",
		"revision":           "the Git commit of the operator",
		"goversion":          "the version of Go",
	}
}

// metric is what the document says about one metric.
type metric struct {
	name, kind, help string
	labels           []label
	// standby is the number of series of a standby. fixed, perInstance and perObject are the numbers of series of a leader: without
	// a label for it, of each Clerk instance, and of each ClerkInstance.
	standby, fixed, perInstance, perObject int
}

// label is a label of a metric.
type label struct {
	name string
	// values are the values of the closed set, or, of an open label, those that stand for something else.
	values []string
}

// describe returns the operator's metrics, sorted by name.
func describe(standby, leader []*dto.MetricFamily) []metric {
	var all []metric
	for _, family := range leader {
		if strings.HasPrefix(family.GetName(), prefix) {
			all = append(all, describeOne(standby, family))
		}
	}
	return all
}

func describeOne(standby []*dto.MetricFamily, family *dto.MetricFamily) metric {
	m := metric{name: family.GetName(), kind: strings.ToLower(family.GetType().String()), help: family.GetHelp()}
	for _, s := range family.GetMetric() {
		of := map[string]string{}
		for _, pair := range s.GetLabel() {
			of[pair.GetName()] = pair.GetValue()
			m.add(pair.GetName(), pair.GetValue())
		}
		m.count(s, of)
	}
	for _, other := range standby {
		if other.GetName() == m.name {
			for _, s := range other.GetMetric() {
				m.standby += size(s)
			}
		}
	}
	return m
}

// add adds a value of a label. The names of the samples are not values of a closed set.
func (m *metric) add(name, value string) {
	i := slices.IndexFunc(m.labels, func(l label) bool { return l.name == name })
	if i < 0 {
		i = len(m.labels)
		m.labels = append(m.labels, label{name: name})
	}
	if _, open := openLabels()[name]; open && (isSample(value) || value == "") {
		return
	}
	if !slices.Contains(m.labels[i].values, value) {
		m.labels[i].values = append(m.labels[i].values, value)
		slices.Sort(m.labels[i].values)
	}
}

// count counts a series if it is of no sample or of the first one.
func (m *metric) count(s *dto.Metric, labels map[string]string) {
	object, ofObject := labels[objectLabel]
	switch {
	case ofObject && object == firstName:
		m.perObject += size(s)
	case ofObject:
	case labels[instanceLabel] == firstID:
		m.perInstance += size(s)
	case !isSample(labels[instanceLabel]):
		m.fixed += size(s)
	}
}

// size is the number of series that Prometheus stores for one sample of a metric.
func size(s *dto.Metric) int {
	if h := s.GetHistogram(); h != nil {
		// The bucket without a limit, the sum and the count.
		return len(h.GetBucket()) + 3
	}
	return 1
}

// total is the number of series of a leader that uses so many Clerk instances, with one ClerkInstance for each.
func total(all []metric, instances int) int {
	sum := 0
	for _, m := range all {
		sum += m.fixed + instances*(m.perInstance+m.perObject)
	}
	return sum
}
