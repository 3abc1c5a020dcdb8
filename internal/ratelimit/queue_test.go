// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// inQueue is a request that the model of a queue remembers.
type inQueue struct {
	request *request
	number  int
	// joined is how many were served when it joined, most how many may be served before it.
	joined, most int
}

// TestQueueLaws lets flows come and go at random, and compares the queue with a plain list of waiting requests.
func TestQueueLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var waiting []inQueue
		served, number := 0, 0
		const flows = 5
		left := false
		serve := func(t *rapid.T) {
			r := q.pop()
			i := slices.IndexFunc(waiting, func(w inQueue) bool { return w.request == r })
			if i < 0 {
				t.Fatalf("served %s, which does not wait", r.caller.ID)
			}
			if w := waiting[i]; served-w.joined >= w.most {
				t.Fatalf("%s was served after %d others, want fewer than %d", r.caller.ID, served-w.joined, w.most)
			}
			for _, w := range waiting[:i] {
				if w.request.caller.Flow == r.caller.Flow && w.number < waiting[i].number {
					t.Fatalf("%s was served before %s of its flow", r.caller.ID, w.request.caller.ID)
				}
			}
			waiting = slices.Delete(waiting, i, i+1)
			served++
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				flow := fmt.Sprint("flow ", rapid.IntRange(1, flows).Draw(t, "flow"))
				for range rapid.IntRange(1, 30).Draw(t, "requests") {
					number++
					r := &request{caller: Caller{ID: fmt.Sprint(number), Flow: flow}}
					q.join(r)
					mine := 1
					for _, w := range waiting {
						if w.request.caller.Flow == flow {
							mine++
						}
					}
					waiting = append(waiting, inQueue{r, number, served, (mine + 2*quantum) * flows})
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "tokens") {
					if len(waiting) == 0 {
						return
					}
					serve(t)
				}
			},
			"leave": func(t *rapid.T) {
				if len(waiting) > 0 && rapid.IntRange(0, 3).Draw(t, "often") == 0 {
					i := rapid.IntRange(0, len(waiting)-1).Draw(t, "who")
					q.leave(waiting[i].request)
					waiting = slices.Delete(waiting, i, i+1)
					left = true
				}
			},
			"": func(t *rapid.T) {
				if q.waiting != len(waiting) {
					t.Fatalf("%d wait, want %d", q.waiting, len(waiting))
				}
				if len(waiting) == 0 {
					left = false
				}
			},
		})
		forecast := make([]int, 0, len(waiting))
		for _, w := range waiting {
			forecast = append(forecast, q.ahead(w.request))
		}
		for i, w := range slices.Clone(waiting) {
			w.number = forecast[i]
			waiting[i] = w
		}
		for nth := range waiting {
			r := q.pop()
			i := slices.IndexFunc(waiting, func(w inQueue) bool { return w.request == r })
			if said := waiting[i].number; said < nth || !left && said != nth {
				t.Fatalf("%s was said to be the %dth, and is the %dth", r.caller.ID, said, nth)
			}
		}
		if q.flows != nil || q.rounds != nil {
			t.Fatalf("nobody waits, and %d flows and %d rounds are remembered", len(q.flows), len(q.rounds))
		}
	})
}

func TestQueueForgetsRoundsAndFlowsThatAreOver(t *testing.T) {
	t.Parallel()
	var q queue
	join := func(flow string) {
		q.join(&request{caller: Caller{Flow: flow}})
	}
	for range 5000 * quantum {
		join("flood")
	}
	last := &request{caller: Caller{Flow: "flood"}}
	q.join(last)
	for i := range 4990 * quantum {
		join(fmt.Sprint("flow ", i))
		q.pop()
		q.pop()
	}
	if n := len(q.flows); n > 50 {
		t.Errorf("%d flows are remembered", n)
	}
	if n := len(q.rounds); n > 2000 {
		t.Errorf("%d rounds are remembered", n)
	}
	if got := q.ahead(last); got != 10*quantum {
		t.Errorf("%d before the last, want %d", got, 10*quantum)
	}
	for range 10 * quantum {
		q.pop()
	}
	if r := q.pop(); r != last {
		t.Error("the last was not served last")
	}
}

func TestAFlowThatLeavesIsNotTakenToHaveHadItsParts(t *testing.T) {
	t.Parallel()
	var q queue
	var left []*request
	for range 100 {
		q.join(&request{caller: Caller{Flow: "flood"}})
		r := &request{caller: Caller{Flow: "fickle"}}
		q.join(r)
		left = append(left, r)
	}
	for _, r := range left {
		q.leave(r)
	}
	r := &request{caller: Caller{Flow: "fickle"}}
	if q.join(r); q.ahead(r) > 3*quantum {
		t.Errorf("%d are before it", q.ahead(r))
	}
}
