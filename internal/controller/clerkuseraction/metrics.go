// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Metrics counts what became of actions. Labels are from closed sets, so that their number does not grow with users. All
// counters exist from the start, since Prometheus sees no increase in one that appears with the value 1.
type Metrics struct {
	actions *prometheus.CounterVec
}

// NewMetrics returns collectors and registers them.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_actions_total",
			Help: "Number of finished ClerkUserActions, by type of action and by outcome, which is the reason of the condition Complete or Failed.",
		}, []string{"action", "outcome"}),
	}
	for _, action := range append(v1alpha1.ActionTypes(), unknownAction) {
		for _, outcome := range outcomes() {
			m.actions.WithLabelValues(string(action), outcome)
		}
	}
	if err := registry.Register(m.actions); err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	return m, nil
}

// unknownAction stands in metrics for an action of a type that this version does not know.
const unknownAction v1alpha1.ActionType = "unknown"

// outcomes lists the reasons with which the condition Complete or Failed is True.
func outcomes() []string {
	return []string{
		v1alpha1.ReasonAmbiguous, v1alpha1.ReasonCarriedOut, v1alpha1.ReasonInstanceChanged,
		v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonMissing, v1alpha1.ReasonNotAllowed, v1alpha1.ReasonNotFoundAtClerk,
		v1alpha1.ReasonOutcomeUnknown, v1alpha1.ReasonProviderNotConnected, v1alpha1.ReasonRejectedByClerk,
		v1alpha1.ReasonSecretExists, v1alpha1.ReasonUserNotBound,
	}
}

func (m *Metrics) ended(actionType v1alpha1.ActionType, reason string) {
	if actionType == "" {
		actionType = unknownAction
	}
	m.actions.WithLabelValues(string(actionType), reason).Inc()
}
