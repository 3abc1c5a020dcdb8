// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// unknownInstance is the label of the calls that ask Clerk to which instance a key belongs.
const unknownInstance = "unknown"

// operationsBeforeID returns the operations of calls that are made before the instance is known.
func operationsBeforeID() []clerk.Operation { return []clerk.Operation{clerk.OperationInstance} }

// requestSeries is the metric of the calls to a Clerk instance.
func requestSeries() series {
	return newSeries("clerk_requests_total",
		"Number of calls to Clerk that have ended, by operation and status. no_answer means no answer, one that is not from Clerk, or one with unusable content.",
		prometheus.CounterValue, []string{"operation", "code"}, func(s snapshot, add func(float64, ...string)) {
			s.requests.each(add)
		})
}

// Observe counts a call to Clerk. It is an Observer. A call to an instance that no ClerkInstance uses any more is not counted.
func (m *Metrics) Observe(_ context.Context, instanceID string, r clerk.RequestInfo) {
	if r.Withheld {
		return
	}
	if r.Sent {
		m.durations.observe(r)
	}
	if instanceID == "" {
		m.unknown.requests.count(r)
		return
	}
	if used := m.pool.use(instanceID); used != nil {
		used.requests.count(r)
	}
}

// use returns a Clerk instance that some ClerkInstance uses; nil if none does.
func (p *Pool) use(instanceID string) *sharedInstance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shared[instanceID]
}

// durations measures how long the calls of all instances take.
type durations struct {
	*prometheus.HistogramVec

	byOperation map[clerk.Operation]prometheus.Observer
}

func newDurations() *durations {
	d := &durations{
		HistogramVec: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    metricPrefix + "clerk_request_duration_seconds",
			Help:    "Time from the sending of a call to Clerk to the end of its answer, by operation, without the wait for the API budget.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		byOperation: map[clerk.Operation]prometheus.Observer{},
	}
	for _, op := range clerk.Operations() {
		d.byOperation[op] = d.WithLabelValues(string(op))
	}
	return d
}

func (d *durations) observe(r clerk.RequestInfo) {
	if observer, found := d.byOperation[r.Operation]; found {
		observer.Observe(r.Duration.Seconds())
	}
}
