// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Causes of a change at Clerk.
const (
	causeSpec     = "spec"
	causeDrift    = "drift"
	causeDeletion = "deletion"
)

// Metrics counts what the controller did. Labels have a fixed set of values, so that their number does not grow with users. All
// counters exist from the start, or as soon as the operator has a connection to the Clerk instance that they name: Prometheus sees
// no increase in a counter that appears with the value 1.
type Metrics struct {
	changes, corrections *connection.InstanceCounter
	transitions          *prometheus.CounterVec
}

// NewMetrics returns collectors for the Clerk instances of a pool and registers them.
func NewMetrics(registry prometheus.Registerer, pool *connection.Pool) (*Metrics, error) {
	m := &Metrics{
		changes: connection.NewInstanceCounter(pool, "clerk_operator_changes_total",
			"Number of changes made to users at Clerk, by Clerk instance, kind of change and cause: spec if the ClerkUser changed, "+
				"drift if the user changed at Clerk, deletion if the ClerkUser was deleted.",
			connection.ClosedLabel{Name: "change", Values: plan.Kinds()},
			connection.ClosedLabel{Name: "cause", Values: []string{causeSpec, causeDrift, causeDeletion}}),
		corrections: connection.NewInstanceCounter(pool, "clerk_operator_drift_corrections_total",
			"Number of times that the operator set declared fields of a user back after somebody else had changed them, by Clerk instance "+
				"and group of fields. Several fields of one group that one reconciliation corrects count once.",
			connection.ClosedLabel{Name: "field_group", Values: fieldGroups()}),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clerk_operator_ready_transitions_total",
			Help: "Number of times that the condition Ready of a ClerkUser became True or False, or got another reason, by reason.",
		}, []string{"reason"}),
	}
	for _, state := range ReadyStates() {
		if state.Status != metav1.ConditionUnknown {
			m.transitions.WithLabelValues(state.Reason)
		}
	}
	for _, c := range []prometheus.Collector{m.changes, m.corrections, m.transitions} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

func fieldGroups() []string {
	var names []string
	for _, group := range plan.FieldGroups() {
		names = append(names, string(group))
	}
	return names
}

func (m *Metrics) countTransition(reason string) { m.transitions.WithLabelValues(reason).Inc() }

// countChanges counts the changes that a reconciliation made. before is the object before it.
func (m *Metrics) countChanges(before *v1alpha1.ClerkUser, r *reconciliation) {
	for _, change := range r.did {
		m.changes.Inc(r.instanceID, plan.KindOf(change), r.causeLabel(change))
	}
	for _, change := range r.removed {
		m.changes.Inc(r.instanceID, plan.KindOf(change), causeDeletion)
	}
	for _, group := range r.correctedGroups(before) {
		m.corrections.Inc(r.instanceID, string(group))
	}
}

// causeLabel returns the label for the cause of a change to a user whose object is not being deleted. A change of a Secret or
// ConfigMap that the spec names counts as one of the spec.
func (r *reconciliation) causeLabel(change plan.Change) string {
	if r.causeOf(change) == audit.CauseDrift {
		return causeDrift
	}
	return causeSpec
}

// correctedGroups returns the groups of the fields that were corrected although the spec did not change. A lock that lapsed does not
// count.
func (r *reconciliation) correctedGroups(before *v1alpha1.ClerkUser) []plan.FieldGroup {
	if r.justCreated() {
		return nil
	}
	lock := before.Status.LockExpiresAt
	lapsed := lock != nil && !lock.After(r.now)
	var groups []plan.FieldGroup
	for _, field := range r.driftFields(r.did) {
		group := plan.GroupOf(field)
		if group != "" && !slices.Contains(groups, group) && (field != plan.FieldLocked || !lapsed) {
			groups = append(groups, group)
		}
	}
	return groups
}
