// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// splitLabels splits a name as measured has it into the metric and the labels.
func splitLabels(name string) (metric, labels string) {
	if i := strings.Index(name, " "); i >= 0 {
		return name[:i], name[i:]
	}
	return name, ""
}

const requestsTotal = "clerk_operator_clerk_requests_total"

func request(op clerk.Operation, status int) clerk.RequestInfo {
	return clerk.RequestInfo{Operation: op, Sent: true, Status: status}
}

// counted returns the series of calls that are not 0, and the number of all.
func counted(t *testing.T, registry *prometheus.Registry) (values map[string]float64, all int) {
	t.Helper()
	values = measured(t, registry, requestsTotal)
	all = len(values)
	maps.DeleteFunc(values, func(_ string, value float64) bool { return value == 0 })
	return values, all
}

func TestRequestsAreCountedByInstance(t *testing.T) {
	t.Parallel()
	s := newEnvironment(t)
	registry := prometheus.NewPedanticRegistry()
	m := NewMetrics(s.pool)
	registry.MustRegister(m)
	perInstance := len(clerk.Operations()) * len(clerk.Codes())
	check := func(when string, instances int, want ...string) {
		t.Helper()
		got, all := counted(t, registry)
		if wantAll := len(clerk.Codes()) + instances*perInstance; all != wantAll {
			t.Errorf("%s there are %d series, want %d", when, all, wantAll)
		}
		var names []string
		for name, value := range got {
			_, labels := splitLabels(name)
			names = append(names, strings.TrimSpace(labels))
			if value != 1 {
				t.Errorf("%s %s is %v", when, name, value)
			}
		}
		slices.Sort(names)
		slices.Sort(want)
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	const asked = "clerk_instance=unknown code=401 operation=get_instance"
	check("at the start", 0)
	m.Observe(t.Context(), "", request(clerk.OperationInstance, 401))
	m.Observe(t.Context(), firstID, request(clerk.OperationUser, 200))
	check("before it is in use", 0, asked)
	s.pool.Join(ann, firstID, usual())
	s.pool.Join(bob, firstID, usual())
	check("when it is in use", 1, asked)
	m.Observe(t.Context(), firstID, request(clerk.OperationUser, 200))
	m.Observe(t.Context(), firstID, clerk.RequestInfo{Operation: clerk.OperationCreateUser})
	m.Observe(t.Context(), firstID, clerk.RequestInfo{Operation: clerk.OperationCreateUser, Withheld: true})
	m.Observe(t.Context(), firstID, request("made_up", 200))
	m.Observe(t.Context(), secondID, request(clerk.OperationUser, 200))
	used := []string{
		asked, "clerk_instance=" + firstID + " code=2xx operation=get_user", "clerk_instance=" + firstID + " code=no_answer operation=create_user",
	}
	check("after some calls", 1, used...)
	s.pool.Join(bob, secondID, usual())
	check("when the key of one ClerkInstance leads elsewhere", 2, used...)
	s.pool.Drop(bob)
	check("when that one is deleted", 1, used...)
	s.pool.Drop(ann)
	m.Observe(t.Context(), firstID, request(clerk.OperationUser, 200))
	check("when no ClerkInstance uses it", 0, asked)
	s.pool.Join(ann, firstID, usual())
	check("when it is in use again", 1, asked)
	if problems, err := promlint.NewWithMetricFamilies(gathered(t, registry)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("against Prometheus' rules: %v (%v)", problems, err)
	}
}

// A server that answers with statuses that nobody knows creates no series.
func TestOddAnswersCreateNoSeries(t *testing.T) {
	t.Parallel()
	s := newEnvironment(t)
	registry := prometheus.NewPedanticRegistry()
	m := NewMetrics(s.pool)
	registry.MustRegister(m)
	limiter, _ := s.pool.Join(ann, firstID, usual())
	_, before := counted(t, registry)
	client, err := clerk.New(clerk.Config{
		Key: clerk.NewSecret(secret("key-1")), RateLimiter: limiter, Transport: inProcess{s.server}, Observe: Observer(m.Observe).Of(firstID),
	})
	if err != nil {
		t.Fatal(err)
	}
	client = client.For(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive})
	for _, status := range []int{299, 300, 418, 451, 499, 599, 600, 999} {
		s.server.InjectFault(emulator.Fault{Instance: firstID, Status: status, Times: 1, Body: "<html>"})
		if _, err := client.CountUsers(t.Context()); err == nil {
			t.Errorf("status %d is a success", status)
		}
	}
	got, after := counted(t, registry)
	want := map[string]float64{"no_answer": 4, "4xx": 3, "5xx": 1}
	for name, value := range got {
		for code := range want {
			if strings.Contains(name, " code="+code) {
				want[code] -= value
			}
		}
	}
	if before != after || len(got) != 3 || want["no_answer"] != 0 || want["4xx"] != 0 || want["5xx"] != 0 {
		t.Errorf("%d series, before %d: %v", after, before, got)
	}
}

func TestDurationsAreMeasured(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	m := NewMetrics(newEnvironment(t).pool)
	registry.MustRegister(m)
	m.Observe(t.Context(), firstID, clerk.RequestInfo{Operation: clerk.OperationUser, Sent: true, Duration: 1e9})
	m.Observe(t.Context(), "", clerk.RequestInfo{Operation: clerk.OperationInstance, Sent: true, Duration: 2e9})
	m.Observe(t.Context(), firstID, clerk.RequestInfo{Operation: clerk.OperationUser, Duration: 1e9})
	m.Observe(t.Context(), firstID, request("made_up", 200))
	series, sum := 0, map[string]float64{}
	for _, family := range gathered(t, registry) {
		for _, one := range family.GetMetric() {
			if h := one.GetHistogram(); h != nil {
				series++
				if h.GetSampleCount() > 0 {
					sum[one.GetLabel()[0].GetValue()] = h.GetSampleSum()
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{"get_user": 1, "get_instance": 2}, sum); diff != "" || series != len(clerk.Operations()) {
		t.Errorf("%d series (-want +got):\n%s", series, diff)
	}
}

// BenchmarkObserve is what a call costs for being observed.
func BenchmarkObserve(b *testing.B) {
	p := NewPool(time.Now)
	p.Join(ann, firstID, usual())
	observe := Observer(NewMetrics(p).Observe).Of(firstID)
	ctx := b.Context()
	r := request(clerk.OperationUpdateUser, 200)
	b.ReportAllocs()
	for b.Loop() {
		observe(ctx, r)
	}
}

func TestObservingAllocatesNothing(t *testing.T) {
	s := newEnvironment(t)
	s.pool.Join(ann, firstID, usual())
	observe := Observer(NewMetrics(s.pool).Observe).Of(firstID)
	r := request(clerk.OperationUpdateUser, 200)
	if n := testing.AllocsPerRun(1000, func() { observe(t.Context(), r) }); n > 0 {
		t.Errorf("%v allocations for each call", n)
	}
}
