// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

const (
	metricPrefix = "clerk_operator_"
	// instanceLabel is not called instance, because Prometheus uses that name for the scraped process.
	instanceLabel = "clerk_instance"
)

// Metrics collects the calls to Clerk, and the state of the rate limiters and mirrors of a Pool. All labels except the id of the
// Clerk instance have a fixed set of values, so that the number of series does not grow with users or with what a server answers.
// An instance has all series, with the value 0 at first, as long as a ClerkInstance uses it.
type Metrics struct {
	pool *Pool
	// requests has series also for the calls before an instance is known, which unknown counts. series are the other metrics.
	requests  series
	unknown   snapshot
	series    []series
	durations *durations
}

// series is a metric of every Clerk instance.
type series struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	// values calls add for each series of an instance, with the values of the labels beside the instance's id.
	values func(s snapshot, add func(value float64, labels ...string))
}

// snapshot is the state of one Clerk instance.
type snapshot struct {
	label    string
	mirror   mirror.Report
	limiter  ratelimit.Report
	requests *requestCounts
}

var _ prometheus.Collector = (*Metrics)(nil)

// NewMetrics returns a collector for the pool. Its method Observe must be told about all calls to Clerk.
func NewMetrics(p *Pool) *Metrics {
	return &Metrics{
		pool:      p,
		requests:  requestSeries(),
		unknown:   snapshot{label: unknownInstance, requests: newRequestCounts(operationsBeforeID())},
		series:    slices.Concat(limiterSeries(), mirrorSeries()),
		durations: newDurations(),
	}
}

// newSeries returns a metric with one series for each combination of the labels in an instance.
func newSeries(
	name, help string, kind prometheus.ValueType, labels []string, values func(snapshot, func(float64, ...string)),
) series {
	return series{prometheus.NewDesc(metricPrefix+name, help, append([]string{instanceLabel}, labels...), nil), kind, values}
}

// newSingle returns a metric with one series for each instance.
func newSingle(name, help string, kind prometheus.ValueType, value func(snapshot) float64) series {
	return newSeries(name, help, kind, nil, func(s snapshot, add func(float64, ...string)) { add(value(s)) })
}

// Describe sends the descriptions of all series.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.requests.desc
	m.durations.Describe(to)
	for _, s := range m.series {
		to <- s.desc
	}
}

// Collect sends the present values.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.durations.Collect(to)
	m.requests.collect(m.unknown, to)
	for _, s := range m.pool.snapshots() {
		m.requests.collect(s, to)
		for _, metric := range m.series {
			metric.collect(s, to)
		}
	}
}

// collect sends the metric's values for one instance.
func (m series) collect(s snapshot, to chan<- prometheus.Metric) {
	m.values(s, func(value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(m.desc, m.kind, value, append([]string{s.label}, labels...)...)
	})
}

// inUse returns the Clerk instances that some ClerkInstance uses. Of the result, only what never changes may be read without the lock.
func (p *Pool) inUse() []*sharedInstance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.shared))
}

// snapshots returns the state of all instances. The lock is not held while they report.
func (p *Pool) snapshots() []snapshot {
	instances := p.inUse()
	all := make([]snapshot, 0, len(instances))
	for _, h := range instances {
		all = append(all, snapshot{h.label, h.mirror.Report(), h.limiter.Report(), h.requests})
	}
	return all
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

// unixSeconds returns a time as Prometheus has it; 0 for the zero time.
func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / float64(time.Second/time.Millisecond)
}
