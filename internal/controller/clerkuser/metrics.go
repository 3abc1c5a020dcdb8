// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

const (
	causeSpec  = "spec"
	causeDrift = "drift"
)

// Metrics counts what the controller did. Labels have a fixed set of values, so that their number does not grow with users. All
// counters exist from the start: Prometheus sees no increase in a counter that appears with the value 1.
type Metrics struct {
	changes     *prometheus.CounterVec
	transitions *prometheus.CounterVec
}

// NewMetrics returns collectors and registers them.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_changes_total",
			Help: "Number of changes made to users at Clerk, by kind of change and by cause: spec if the ClerkUser changed, drift if the user changed at Clerk.",
		}, []string{"change", "cause"}),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_ready_transitions_total",
			Help: "Number of times that the condition Ready of a ClerkUser became True or False, or got another reason, by reason.",
		}, []string{"reason"}),
	}
	for _, change := range plan.Kinds() {
		m.changes.WithLabelValues(change, causeSpec)
		m.changes.WithLabelValues(change, causeDrift)
	}
	for _, reason := range readyReasons() {
		m.transitions.WithLabelValues(reason)
	}
	for _, c := range []prometheus.Collector{m.changes, m.transitions} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

// readyReasons lists the reasons with which the condition Ready is True or False.
func readyReasons() []string {
	return []string{
		v1alpha1.ReasonAlreadyExists, v1alpha1.ReasonAmbiguous, v1alpha1.ReasonConfigMapNotFound, v1alpha1.ReasonConflict,
		v1alpha1.ReasonContended, v1alpha1.ReasonDeletionBlocked, v1alpha1.ReasonDeletionHeld, v1alpha1.ReasonInSync,
		v1alpha1.ReasonInstanceChanged, v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonInstanceNotReady,
		v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonInvalidStatus, v1alpha1.ReasonMissing, v1alpha1.ReasonNotAllowed,
		v1alpha1.ReasonNotKept, v1alpha1.ReasonObserved, v1alpha1.ReasonRejectedByClerk, v1alpha1.ReasonRetrying,
		v1alpha1.ReasonSecretNotFound,
	}
}

// countChange counts a change. A change of a Secret or ConfigMap that the spec names counts as one of the spec.
func (m *Metrics) countChange(change plan.Change, cause audit.Cause) {
	label := causeSpec
	if cause == audit.CauseDrift {
		label = causeDrift
	}
	m.changes.WithLabelValues(plan.KindOf(change), label).Inc()
}

func (m *Metrics) countTransition(reason string) { m.transitions.WithLabelValues(reason).Inc() }
