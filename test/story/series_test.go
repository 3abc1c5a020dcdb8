// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// expectNoNewSeries returns a function that fails the test if metrics have come to have series that they do not have now:
// whoever adds a value of a label has to have it counted from 0. Series of one Clerk instance or ClerkInstance come and go with it,
// and those of the leader with its lead.
func expectNoNewSeries(t *testing.T, metrics *prometheus.Registry) func() {
	t.Helper()
	before := series(t, metrics)
	return func() {
		for _, name := range series(t, metrics) {
			if !slices.Contains(before, name) {
				t.Errorf("the metric %s did not exist from the start", name)
			}
		}
	}
}

// expectKnownStates fails the test if the operator, while it runs, has objects in a state that its metrics do not know.
func expectKnownStates(t *testing.T, metrics *prometheus.Registry) {
	t.Helper()
	for name, value := range gauges(t, metrics) {
		if value != 0 && strings.Contains(name, " reason=other") {
			t.Errorf("the metric %s is %v: its table lacks a reason", name, value)
		}
	}
}

// ofTheLeader are the metrics without labels that only the leader has.
func ofTheLeader() []string {
	return []string{"clerk_operator_actions_unfinished", "clerk_operator_actions_oldest_unfinished_timestamp_seconds"}
}

// gauges returns the values of all gauges by name and labels, and counters those of all counters.
func gauges(t *testing.T, metrics *prometheus.Registry) map[string]float64 {
	t.Helper()
	return collected(t, metrics, func(one *dto.Metric) (float64, bool) { return one.GetGauge().GetValue(), one.GetGauge() != nil })
}

func counters(t *testing.T, metrics *prometheus.Registry) map[string]float64 {
	t.Helper()
	return collected(t, metrics, func(one *dto.Metric) (float64, bool) { return one.GetCounter().GetValue(), one.GetCounter() != nil })
}

// collected returns the values that value takes from series, by name and labels.
func collected(t *testing.T, metrics *prometheus.Registry, value func(*dto.Metric) (float64, bool)) map[string]float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, one := range family.GetMetric() {
			name := family.GetName()
			for _, label := range one.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
			}
			if number, has := value(one); has {
				all[name] = number
			}
		}
	}
	return all
}

// series names the series that are not of one Clerk instance or ClerkInstance and not of the leader, sorted.
func series(t *testing.T, metrics *prometheus.Registry) []string {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		for _, one := range family.GetMetric() {
			name, shared := family.GetName(), !slices.Contains(ofTheLeader(), family.GetName())
			for _, label := range one.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
				shared = shared && label.GetName() != "clerk_instance" && label.GetName() != "resource_name"
			}
			if shared {
				names = append(names, name)
			}
		}
	}
	return names
}
