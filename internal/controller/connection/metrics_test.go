// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

func gathered(t *testing.T, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// measured returns the values of all series of the metrics with a prefix, by name and labels.
func measured(t *testing.T, registry *prometheus.Registry, prefix string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, family := range gathered(t, registry) {
		for _, m := range family.GetMetric() {
			if !strings.HasPrefix(family.GetName(), prefix) {
				continue
			}
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

func TestMetricsShowTheStateOfMirrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(NewMetrics(s.pool))
		const prefix = "clerk_operator_mirror_"
		if got := measured(t, registry, prefix); len(got) != 0 {
			t.Errorf("without an instance the metrics are %v", got)
		}
		start := time.Now()
		s.join(ann, firstID, "key-1", usual())
		s.join(bob, firstID, "key-2", usual())
		s.join(eve, secondID, "key-4", usual())
		users := map[string]mirror.Followed{}
		for _, name := range []string{"a", "b", "c"} {
			users["uid-"+name] = mirror.Followed{UserID: s.first.Seed(emulator.User{Username: ptrTo("somebody" + name)}).ID}
		}
		s.mirror(firstID).Follow(users)
		series := func(id string, followed, pending, stale, incremental, overruns, full float64, began ...time.Duration) map[string]float64 {
			values := map[string]float64{}
			for name, value := range map[string]float64{
				"followed_users": followed, "pending_users": pending, "stale": stale,
				"incremental_syncs_total": incremental, "incremental_sync_overruns_total": overruns, "full_syncs_total": full,
				"incremental_sync_interval_seconds": 60, "full_sync_interval_seconds": 3600,
				"last_incremental_sync_timestamp_seconds": 0, "last_full_sync_timestamp_seconds": 0,
			} {
				values[prefix+name+" clerk_instance="+id] = value
			}
			for i, after := range began {
				name := []string{"last_incremental_sync_timestamp_seconds", "last_full_sync_timestamp_seconds"}[i]
				values[prefix+name+" clerk_instance="+id] = float64(start.Add(after).Unix())
			}
			return values
		}
		check := func(when string, want ...map[string]float64) {
			t.Helper()
			all := map[string]float64{}
			for _, values := range want {
				maps.Copy(all, values)
			}
			if diff := cmp.Diff(all, measured(t, registry, prefix), cmpopts.EquateApprox(0, 0.5)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		if problems, err := promlint.NewWithMetricFamilies(gathered(t, registry)).Lint(); err != nil || len(problems) > 0 {
			t.Errorf("against Prometheus' rules: %v (%v)", problems, err)
		}
		check("before the start", series(firstID, 3, 3, 0, 0, 0, 0), series(secondID, 0, 0, 0, 0, 0, 0))
		defer s.start()()
		time.Sleep(5*time.Minute + time.Second)
		check("after five minutes", series(firstID, 3, 0, 0, 6, 0, 1, 5*time.Minute, 0), series(secondID, 0, 0, 0, 0, 0, 0))
		s.server.InjectFault(emulator.Fault{Instance: firstID, Status: 503, Times: -1})
		time.Sleep(10 * time.Minute)
		check("in an outage", series(firstID, 3, 0, 1, 6, 0, 1, 5*time.Minute, 0), series(secondID, 0, 0, 0, 0, 0, 0))
		s.pool.Drop(ann)
		s.pool.Drop(bob)
		check("when nobody leads there", series(secondID, 0, 0, 0, 0, 0, 0))
	})
}
