// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// expectNoNewSeries returns a function that fails the test if metrics have come to have series that they do not have now:
// whoever adds a value of a label has to have it counted from 0. Series of one Clerk instance come and go with it.
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

// series names the series that are not of one Clerk instance, sorted.
func series(t *testing.T, metrics *prometheus.Registry) []string {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		for _, one := range family.GetMetric() {
			name, shared := family.GetName(), true
			for _, label := range one.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
				shared = shared && label.GetName() != "clerk_instance"
			}
			if shared {
				names = append(names, name)
			}
		}
	}
	return names
}
