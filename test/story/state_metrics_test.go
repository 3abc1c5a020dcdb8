// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// expectSeries waits until the series that begin with one of the prefixes, and are not 0, have these values. Times count as 1, and
// names are without clerk_operator_.
func (env *environment) expectSeries(want map[string]float64, prefixes ...string) {
	env.t.Helper()
	env.eventually("the metrics to show it", func() error {
		got := map[string]float64{}
		for name, value := range env.values() {
			name = strings.TrimPrefix(name, "clerk_operator_")
			for _, prefix := range prefixes {
				if value != 0 && strings.HasPrefix(name, prefix+" ") {
					got[name] = value
				}
			}
			if strings.Contains(name, "_timestamp_seconds") && got[name] > 1 {
				got[name] = 1
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("series (-want +got):\n%s", diff)
		}
		return nil
	})
}

// values returns the gauges and counters of the operator.
func (env *environment) values() map[string]float64 {
	env.t.Helper()
	all := gauges(env.t, env.metrics)
	maps.Copy(all, counters(env.t, env.metrics))
	return all
}

// TestMetricsShowTheState has users in each kind of state, a rejected key, and the end of both.
func TestMetricsShowTheState(t *testing.T) {
	env := newRunningEnvironment(t, brakesAfterOne)
	id := env.clerk.ID()
	of := func(status, reason string) string {
		return "users clerk_instance=" + id + " ready=" + status + " reason=" + reason
	}
	oldest, instance := "users_oldest_not_ready_timestamp_seconds clerk_instance="+id, "resource_name=default resource_namespace="+env.namespace
	states := []string{"users", "users_suspended", "users_oldest_not_ready_timestamp_seconds"}
	for _, name := range []string{"ann", "bob", "cat"} {
		env.create(env.user(name))
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.create(env.user("dan", func(s *spec) { s.Username = ptr.To("?") }))
	env.create(env.user("eve", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "missing"} }))
	env.expectReason("dan", v1alpha1.ReasonRejectedByClerk)
	env.expectReason("eve", v1alpha1.ReasonInstanceNotFound)
	env.edit("cat", func(s *spec) { s.Suspend = ptr.To(true) })
	lost := map[string]float64{
		"users clerk_instance=none ready=False reason=InstanceNotFound": 1,
		"users_oldest_not_ready_timestamp_seconds clerk_instance=none":  1,
	}
	with := func(more map[string]float64) map[string]float64 {
		all := maps.Clone(more)
		maps.Copy(all, lost)
		return all
	}
	env.expectSeries(with(map[string]float64{
		of("True", "InSync"): 2, of("Unknown", "Suspended"): 1, of("False", "RejectedByClerk"): 1, oldest: 1, "users_suspended clerk_instance=" + id: 1,
	}), states...)
	env.expectSeries(map[string]float64{
		"clerkinstance_ready " + instance:                                                 1,
		"clerkinstance_ready_reason reason=KeyAccepted " + instance:                       1,
		"clerkinstance_info clerk_instance=" + id + " environment=Production " + instance: 1,
		"clerkinstance_last_key_check_timestamp_seconds " + instance:                      1,
	}, "clerkinstance_ready", "clerkinstance_ready_reason", "clerkinstance_info", "clerkinstance_last_key_check_timestamp_seconds")

	env.edit("cat", func(s *spec) { s.Suspend = nil })
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.delete(env.read("bob"))
	env.expectReason("bob", v1alpha1.ReasonDeletionHeld)
	env.expectSeries(map[string]float64{
		"deletion_brake_deletions clerk_instance=" + id: 1, "deletion_brake_max clerk_instance=" + id: 1,
		"changes_total cause=spec change=create clerk_instance=" + id:     3,
		"changes_total cause=deletion change=delete clerk_instance=" + id: 1,
	}, "deletion_brake_deletions", "deletion_brake_max", "changes_total", "drift_corrections_total")
	env.expectSeries(with(map[string]float64{
		of("True", "InSync"): 1, of("False", "RejectedByClerk"): 1, of("False", "DeletionHeld"): 1, oldest: 1,
	}), states...)

	env.clerk.RevokeKey(env.clerk.Key())
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	env.expectSeries(map[string]float64{"clerkinstance_ready_reason reason=KeyRejected " + instance: 1}, "clerkinstance_ready", "clerkinstance_ready_reason")
	env.edit("cat", func(s *spec) { s.FirstName = ptr.To("Cat") })
	env.expectReason("cat", v1alpha1.ReasonInstanceNotReady)
	env.eventually("the rejected key to leave the user where it leads", func() error {
		if env.values()["clerk_operator_"+of("False", "InstanceNotReady")] < 1 {
			return errNotYet
		}
		return nil
	})
}

// TestMetricsShowWhatWasCorrected changes fields of several groups at Clerk.
func TestMetricsShowWhatWasCorrected(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.FirstName, s.LastName, s.Banned = ptr.To("Ann"), ptr.To("Lee"), ptr.To(true) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	if _, err := env.clerk.Edit(env.atClerk("ann").ID, func(u *emulator.User) { u.FirstName, u.LastName, u.Banned = ptr.To("Eve"), ptr.To("Eve"), false }); err != nil {
		t.Fatal(err)
	}
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	of := " clerk_instance=" + env.clerk.ID()
	env.expectSeries(map[string]float64{
		"drift_corrections_total" + of + " field_group=access":  1,
		"drift_corrections_total" + of + " field_group=profile": 1,
		"changes_total cause=spec change=create" + of:           1,
		"changes_total cause=drift change=update" + of:          1,
		"changes_total cause=drift change=ban" + of:             1,
	}, "changes_total", "drift_corrections_total")
	env.expectNoWrites()
}
