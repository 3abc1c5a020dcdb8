// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Metrics counts what became of actions. Labels are from closed sets, so that their number does not grow with users.
type Metrics struct {
	actions *prometheus.CounterVec
}

// NewMetrics returns collectors and registers them.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_actions_total",
			Help: "ClerkUserActions that are over, by action and by the reason of their condition Complete or Failed.",
		}, []string{"action", "outcome"}),
	}
	if err := registry.Register(m.actions); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	return m, nil
}

func (m *Metrics) ended(actionType v1alpha1.ActionType, reason string) {
	m.actions.WithLabelValues(string(actionType), reason).Inc()
}
