// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
)

// TestCounterLivesAsLongAsItsInstance counts in two Clerk instances, of which one is left.
func TestCounterLivesAsLongAsItsInstance(t *testing.T) {
	t.Parallel()
	pool, registry := NewPool(time.Now), prometheus.NewPedanticRegistry()
	counter := NewInstanceCounter(pool, "clerk_operator_things_total", "Number of things.",
		ClosedLabel{"color", []string{"blue", "red"}}, ClosedLabel{"size", []string{"big"}})
	registry.MustRegister(counter)
	expect := func(want map[string]float64) {
		t.Helper()
		got := map[string]float64{}
		for _, family := range gathered(t, registry) {
			for _, series := range family.GetMetric() {
				name := ""
				for _, label := range series.GetLabel() {
					name += label.GetValue() + " "
				}
				got[name] = series.GetCounter().GetValue()
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("series (-want +got):\n%s", diff)
		}
	}
	expect(map[string]float64{})

	one, two, again := types.NamespacedName{Name: "one"}, types.NamespacedName{Name: "two"}, types.NamespacedName{Name: "again"}
	pool.Join(one, "ins_1", Terms{})
	expect(map[string]float64{"ins_1 blue big ": 0, "ins_1 red big ": 0})
	pool.Join(two, "ins_2", Terms{})
	pool.Join(again, "ins_2", Terms{})
	counter.Inc("ins_2", "red", "big")
	counter.Inc("ins_3", "red", "big")
	expect(map[string]float64{"ins_1 blue big ": 0, "ins_1 red big ": 0, "ins_2 blue big ": 0, "ins_2 red big ": 1})
	pool.Drop(one)
	pool.Drop(again)
	expect(map[string]float64{"ins_2 blue big ": 0, "ins_2 red big ": 1})
	pool.Drop(two)
	expect(map[string]float64{})
	counter.Inc("ins_2", "red", "big")
	pool.Join(two, "ins_2", Terms{})
	expect(map[string]float64{"ins_2 blue big ": 0, "ins_2 red big ": 0})

	// Nobody reads the metrics while the instance is not used.
	counter.Inc("ins_2", "red", "big")
	pool.Drop(two)
	pool.Join(two, "ins_2", Terms{})
	expect(map[string]float64{"ins_2 blue big ": 0, "ins_2 red big ": 0})
	counter.Inc("ins_2", "red", "big")
	pool.Drop(two)
	pool.Join(two, "ins_2", Terms{})
	counter.Inc("ins_2", "blue", "big")
	expect(map[string]float64{"ins_2 blue big ": 1, "ins_2 red big ": 0})
}

// TestNoDigestIsALabel has keys that may not ask for their instance, the second of which is replaced by a third.
func TestNoDigestIsALabel(t *testing.T) {
	t.Parallel()
	pool, registry := NewPool(time.Now), prometheus.NewPedanticRegistry()
	counter := NewInstanceCounter(pool, "clerk_operator_things_total", "Number of things.")
	registry.MustRegister(counter, NewMetrics(pool))
	one, two := types.NamespacedName{Name: "one"}, types.NamespacedName{Name: "two"}
	pool.Join(one, "unpinned-aaaaaaaaaaaaaaaa", Terms{})
	pool.Join(two, "unpinned-bbbbbbbbbbbbbbbb", Terms{})
	pool.Join(two, "unpinned-cccccccccccccccc", Terms{})
	counter.Inc("unpinned-cccccccccccccccc")
	for name, want := range map[types.NamespacedName]string{one: "unpinned-1", two: "unpinned-2"} {
		if got := pool.InstanceLabel(name, "ins_1"); got != want {
			t.Errorf("the label of %s is %q, want %q", name, got, want)
		}
	}
	found := map[string]bool{}
	for _, family := range gathered(t, registry) {
		for _, series := range family.GetMetric() {
			for _, label := range series.GetLabel() {
				if label.GetName() == instanceLabel {
					found[label.GetValue()] = true
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{unknownInstance: true, "unpinned-1": true, "unpinned-2": true}, found); diff != "" {
		t.Errorf("values of %s (-want +got):\n%s", instanceLabel, diff)
	}
	pool.Drop(one)
	pool.Join(one, "unpinned-dddddddddddddddd", Terms{})
	if got := pool.InstanceLabel(one, ""); got != "unpinned-1" {
		t.Errorf("the label after a while is %q", got)
	}
}
