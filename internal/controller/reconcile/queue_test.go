// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
)

func TestQueueRetriesAfterASecondToAMinute(t *testing.T) {
	t.Parallel()
	limiter := NewQueueRateLimiter()
	item := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "team-a", Name: "ann"}}
	pause := time.Second
	different := false
	for range 20 {
		got := limiter.When(item)
		low, high := time.Duration(float64(pause)*(1-spread)), time.Duration(float64(pause)*(1+spread))
		if got < low || got > high {
			t.Fatalf("pause is %s, want %s to %s", got, low, high)
		}
		different = different || got != pause
		pause = min(2*pause, time.Minute)
	}
	if !different {
		t.Error("pauses are not spread")
	}
	if n := limiter.NumRequeues(item); n != 20 {
		t.Errorf("%d tries are counted, want 20", n)
	}
	other := item
	other.Name = "bob"
	if got := limiter.When(other); got > 2*time.Second {
		t.Errorf("another object pauses %s", got)
	}
	limiter.Forget(item)
	if got := limiter.When(item); got > 2*time.Second {
		t.Errorf("after a success the pause is %s", got)
	}
}

// fakeQueue records what is added to it.
type fakeQueue struct {
	Queue
	added map[string]time.Duration
}

func (q *fakeQueue) AddAfter(item ctrl.Request, after time.Duration) { q.added[item.String()] = after }

// fakePriorityQueue records with which options items are added.
type fakePriorityQueue struct {
	priorityqueue.PriorityQueue[ctrl.Request]
	added map[string]priorityqueue.AddOpts
}

func (q *fakePriorityQueue) AddWithOpts(o priorityqueue.AddOpts, items ...ctrl.Request) {
	for _, item := range items {
		q.added[item.String()] = o
	}
}

func TestObjectsAreEnqueued(t *testing.T) {
	t.Parallel()
	name := types.NamespacedName{Namespace: "team-a", Name: "ann"}
	plain := &fakeQueue{added: map[string]time.Duration{}}
	Enqueue(plain, name, PriorityNew)
	if after, added := plain.added["team-a/ann"]; !added || after != 0 {
		t.Errorf("added are %v", plain.added)
	}
	EnqueueAfter(plain, name, PriorityNew, time.Minute)
	if after := plain.added["team-a/ann"]; after != time.Minute {
		t.Errorf("it is added after %s, want a minute", after)
	}
	prioritized := &fakePriorityQueue{added: map[string]priorityqueue.AddOpts{}}
	Enqueue(prioritized, name, PriorityNew)
	if o := prioritized.added["team-a/ann"]; o.Priority == nil || *o.Priority != PriorityNew || o.After != 0 || o.RateLimited {
		t.Errorf("it is added with %+v", o)
	}
	EnqueueAfter(prioritized, name, PriorityLow, time.Minute)
	if o := prioritized.added["team-a/ann"]; o.Priority == nil || *o.Priority != PriorityLow || o.After != time.Minute || o.RateLimited {
		t.Errorf("it is added with %+v", o)
	}
}

func TestPrioritiesRank(t *testing.T) {
	t.Parallel()
	if order := []int{PriorityLow, PriorityWaited, PriorityNew, PriorityEdited}; !slices.IsSorted(order) || len(slices.Compact(order)) != 4 {
		t.Errorf("the priorities are %v, want them ascending", order)
	}
}

func TestDeletionsAreTold(t *testing.T) {
	t.Parallel()
	var gone []types.UID
	h := DeletionEventHandler(func(o client.Object) { gone = append(gone, o.GetUID()) })
	q := &fakeQueue{added: map[string]time.Duration{}}
	h.Create(t.Context(), event.CreateEvent{Object: object("a", "1")}, q)
	h.Update(t.Context(), event.UpdateEvent{ObjectOld: object("b", "1"), ObjectNew: object("b", "2")}, q)
	h.Delete(t.Context(), event.DeleteEvent{Object: object("c", "1")}, q)
	if len(gone) != 1 || gone[0] != "c" || len(q.added) != 0 {
		t.Errorf("gone are %q, added are %v", gone, q.added)
	}
}
