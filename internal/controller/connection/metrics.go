// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Metrics collects the state of the mirrors of a Pool. The only label is the id of the Clerk instance, so that the
// number of series does not grow with users. An instance has series, with the value 0 at first, as long as a
// ClerkInstance uses it. The label is not called instance, because Prometheus uses that name for the scraped process.
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
		return series{prometheus.NewDesc("clerk_operator_mirror_"+name, help, []string{"clerk_instance"}, nil), kind, value}
	}
	return &Metrics{pool: p, series: []series{
		of("followed_users", "Number of users at Clerk that ClerkUsers manage or observe.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return float64(r.Followed) }),
		of("pending_users", "Number of these users that were not read yet.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return float64(r.Pending) }),
		of("stale", "1 if no list of users at Clerk could be read for three intervals, else 0.", prometheus.GaugeValue,
			func(r mirror.Report) float64 { return oneIf(r.Stale) }),
		of("incremental_syncs_total", "Number of completed incremental syncs, which read the users that changed last.",
			prometheus.CounterValue, func(r mirror.Report) float64 { return float64(r.IncrementalSyncs) }),
		of("incremental_sync_overruns_total", "Number of incremental syncs that stopped because too many users had changed; the next full sync reads the rest.",
			prometheus.CounterValue, func(r mirror.Report) float64 { return float64(r.IncrementalSyncOverruns) }),
		of("full_syncs_total", "Number of completed full syncs, which compare all users that ClerkUsers manage or observe.", prometheus.CounterValue,
			func(r mirror.Report) float64 { return float64(r.FullSyncs) }),
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
	for _, id := range m.pool.InstanceIDs() {
		if shared, found := m.pool.Mirror(id); found {
			report := shared.Report()
			for _, s := range m.series {
				to <- prometheus.MustNewConstMetric(s.desc, s.kind, s.value(report), id)
			}
		}
	}
}

// InstanceIDs returns the ids of the Clerk instances that some ClerkInstance uses, sorted.
func (p *Pool) InstanceIDs() []string {
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
