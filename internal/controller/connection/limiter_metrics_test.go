// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

func TestMetricsShowTheStateOfTheRateLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(NewMetrics(s.pool))
		client := s.join(ann, firstID, "key-1", Terms{RequestsPer10s: 100})
		s.join(bob, firstID, "key-2", Terms{RequestsPer10s: 200})
		const prefix = "clerk_operator_rate_limiter_"
		check := func(when string, changed map[string]float64) {
			t.Helper()
			want := map[string]float64{
				"requests_per_second": 10, "tokens": 10, "tokens_max": 10, "paused": 0,
				"waiting_requests level=background": 0, "waiting_requests level=drift": 0, "waiting_requests level=interactive": 0,
				"pauses_total scope=instance": 0, "pauses_total scope=user": 0,
			}
			maps.Copy(want, changed)
			if diff := cmp.Diff(labelled(prefix, firstID, want), measured(t, registry, prefix), cmpopts.EquateApprox(0, 0.02)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		check("at the start", nil)
		for range 10 {
			if _, err := client.For(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}).CountUsers(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for id, level := range map[string]ratelimit.PriorityLevel{"a": ratelimit.Drift, "b": ratelimit.Drift, "c": ratelimit.Interactive} {
			if _, waiting := clerk.Waiting(client.For(ratelimit.Caller{ID: id, Level: level}).Reserve()); !waiting {
				t.Errorf("caller %s has a token", id)
			}
		}
		check("without tokens", map[string]float64{"tokens": 0, "waiting_requests level=drift": 2, "waiting_requests level=interactive": 1})
		time.Sleep(time.Minute)
		s.server.InjectFault(emulator.Fault{Instance: firstID, Status: 429, Header: map[string]string{"Retry-After": "5"}})
		if _, err := client.For(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}).CountUsers(t.Context()); err == nil {
			t.Error("the call is not limited")
		}
		check("limited by Clerk", map[string]float64{"tokens": 0, "paused": 1, "pauses_total scope=instance": 1})
		time.Sleep(time.Minute)
		check("afterwards", map[string]float64{"pauses_total scope=instance": 1})
		s.pool.Drop(ann)
		check("with the other one's budget", map[string]float64{
			"requests_per_second": 20, "tokens": 20, "tokens_max": 20, "pauses_total scope=instance": 1,
		})
		s.pool.Drop(bob)
		if got := measured(t, registry, prefix); len(got) > 0 {
			t.Errorf("without a ClerkInstance there are %v", got)
		}
	})
}

// labelled returns the values by name and labels, as measured does.
func labelled(prefix, instanceID string, values map[string]float64) map[string]float64 {
	all := map[string]float64{}
	for name, value := range values {
		metric, labels := splitLabels(name)
		all[prefix+metric+" clerk_instance="+instanceID+labels] = value
	}
	return all
}
