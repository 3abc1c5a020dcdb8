// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/plan"
)

const (
	causeSpec  = "spec"
	causeDrift = "drift"
)

// Metrics counts what the controller did. Labels are from closed sets, so that their number does not grow with users.
type Metrics struct {
	changes  *prometheus.CounterVec
	verdicts *prometheus.CounterVec
}

// NewMetrics returns collectors and registers them.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_changes_total",
			Help: "Changes made to users at Clerk, by kind and by cause (spec: somebody changed the manifest; drift: somebody changed the user).",
		}, []string{"change", "cause"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_ready_transitions_total",
			Help: "Times that the Ready condition of a ClerkUser took a reason.",
		}, []string{"reason"}),
	}
	for _, c := range []prometheus.Collector{m.changes, m.verdicts} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) changed(change plan.Change, cause string) {
	kind := fmt.Sprintf("%T", change)
	m.changes.WithLabelValues(kind[strings.LastIndex(kind, ".")+1:], cause).Inc()
}

func (m *Metrics) turned(reason string) { m.verdicts.WithLabelValues(reason).Inc() }
