// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Metrics tells how the mirrors of a Pool are. The only label is the id of the Clerk instance, so that the number of
// series does not grow with users.
type Metrics struct {
	pool   *Pool
	series []series
}

// series is a metric of every mirror.
type series struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(mirror.Report) float64
}

var _ prometheus.Collector = (*Metrics)(nil)

// NewMetrics returns a collector for the pool's mirrors.
func NewMetrics(p *Pool) *Metrics {
	of := func(name, help string, kind prometheus.ValueType, value func(mirror.Report) float64) series {
		return series{prometheus.NewDesc("clerk_operator_mirror_"+name, help, []string{"instance"}, nil), kind, value}
	}
	return &Metrics{pool: p, series: []series{
		of("followed_users", "Users at Clerk that ClerkUsers are bound to or observe.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return float64(r.Followed) }),
		of("pending_users", "Followed users that were not read yet.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return float64(r.Pending) }),
		of("stale", "1 while nothing could be read for three intervals.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return oneIf(r.Stale) }),
		of("tails_total", "Looks at what was changed last that came to their end.", prometheus.CounterValue,
			func(r mirror.Report) float64 { return float64(r.Tails) }),
		of("tail_overruns_total", "Looks at what was changed last that were given up because too much was; the rest is found by the next full comparison.",
			prometheus.CounterValue, func(r mirror.Report) float64 { return float64(r.Overruns) }),
		of("comparisons_total", "Full comparisons of all followed users.", prometheus.CounterValue,
			func(r mirror.Report) float64 { return float64(r.Comparisons) }),
	}}
}

// Describe sends the descriptions of all series.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, s := range m.series {
		to <- s.desc
	}
}

// Collect sends the present values.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	for _, id := range m.pool.instanceIDs() {
		if shared, found := m.pool.Mirror(id); found {
			report := shared.Report()
			for _, s := range m.series {
				to <- prometheus.MustNewConstMetric(s.desc, s.kind, s.value(report), id)
			}
		}
	}
}

func (p *Pool) instanceIDs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.shared))
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
