// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
)

// drawUser draws a version of one of a few ClerkUsers.
func drawUser(t *rapid.T, name string) *v1alpha1.ClerkUser {
	state := rapid.SampledFrom(append(readyStates(), clerkuser.ReadyState{Status: "False", Reason: "FromTheFuture"})).Draw(t, "state")
	user := newUser("team", name, ready(state.Status, state.Reason, rapid.IntRange(0, 3).Draw(t, "minutes")))
	if state.Reason == noReason {
		user.Status.Conditions = nil
	}
	if instance := rapid.SampledFrom([]string{"", "default", "other"}).Draw(t, "instance"); instance != "" {
		refersTo("team", instance)(user)
	}
	user.Spec.Suspend = new(bool)
	*user.Spec.Suspend = rapid.Bool().Draw(t, "suspended")
	return user
}

// TestCountsAreThoseOfTheObjects compares counts after random events with those of a collector that sees the last versions only.
func TestCountsAreThoseOfTheObjects(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c, objects := newTestCollector(), map[string]*v1alpha1.ClerkUser{}
		handler := eventHandler(c.users)
		for range rapid.IntRange(0, 30).Draw(r, "events") {
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "name")
			before, next := objects[name], drawUser(r, name)
			switch {
			case before == nil:
				handler.OnAdd(next, false)
				objects[name] = next
			case rapid.Bool().Draw(r, "missed"):
				handler.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "team/" + name, Obj: before})
				delete(objects, name)
			case rapid.Bool().Draw(r, "deleted"):
				handler.OnDelete(before)
				delete(objects, name)
			default:
				handler.OnUpdate(before, next)
				objects[name] = next
			}
		}
		fresh := newTestCollector()
		for _, user := range objects {
			fill(fresh, user)
		}
		for _, one := range []*collector{c, fresh} {
			fill(one, newInstance("team", "default", "ins_1"), newInstance("team", "other", "ins_2"))
		}
		if diff := cmp.Diff(values(t, fresh, notZero), values(t, c, notZero)); diff != "" {
			r.Errorf("counts (-of the objects +of the events):\n%s", diff)
		}
		if len(objects) == 0 && len(c.users.counts)+len(c.users.outOfSync) > 0 {
			r.Errorf("without objects, entries are left: %v %v", c.users.counts, c.users.outOfSync)
		}
	})
}

// BenchmarkScrape is the cost of a scrape with 10,000 ClerkUsers in 100 namespaces and three ClerkInstances. A tenth of them is not
// ready, each since another time.
func BenchmarkScrape(b *testing.B) {
	c := newTestCollector()
	for i := range 3 {
		fill(c, newInstance("team", fmt.Sprint("instance", i), fmt.Sprint("ins_", i)))
	}
	for i := range 10_000 {
		status, reason := metav1.ConditionTrue, v1alpha1.ReasonInSync
		if i%10 == 0 {
			status, reason = metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk
		}
		fill(c, newUser(fmt.Sprint("namespace", i%100), fmt.Sprint("user", i), ready(status, reason, i), refersTo("team", fmt.Sprint("instance", i%3))))
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate is the cost of one change of an object.
func BenchmarkUpdate(b *testing.B) {
	c := newTestCollector()
	before := newUser("team", "ann", inSync)
	after := newUser("team", "ann", ready(metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk, 1))
	handler := eventHandler(c.users)
	handler.OnAdd(before, true)
	b.ReportAllocs()
	for b.Loop() {
		handler.OnUpdate(before, after)
		handler.OnUpdate(after, before)
	}
}
