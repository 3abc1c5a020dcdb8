// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestPaceLetsABurstThroughAndThenOnePassInTwoSeconds(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := newPace(c.now)
	for i := range paceBurst {
		if wait := p.wait("a"); wait != 0 {
			t.Fatalf("pass %d of the burst waits %s", i, wait)
		}
	}
	// Asking again and again costs nothing and changes nothing.
	for range 3 {
		if wait := p.wait("a"); wait != paceInterval {
			t.Fatalf("the pass after the burst waits %s, want %s", wait, paceInterval)
		}
	}
	if wait := p.wait("b"); wait != 0 {
		t.Fatalf("another object waits %s", wait)
	}
	c.advance(paceInterval - time.Millisecond)
	if wait := p.wait("a"); wait <= 0 {
		t.Error("the turn comes too soon")
	}
	c.advance(time.Millisecond)
	if wait := p.wait("a"); wait != 0 {
		t.Errorf("the turn does not come: %s", wait)
	}
	if wait := p.wait("a"); wait != paceInterval {
		t.Errorf("the next turn comes after %s", wait)
	}
	p.forget("a")
	if wait := p.wait("a"); wait != 0 {
		t.Errorf("a forgotten object waits %s", wait)
	}
}

func TestPaceInTheLongRun(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := newPace(c.now)
	passes := 0
	for range 1000 {
		if p.wait("a") == 0 {
			passes++
		}
		c.advance(100 * time.Millisecond)
	}
	if want := paceBurst + 50; passes < want-1 || passes > want {
		t.Errorf("%d passes in 100 s, want %d", passes, want)
	}
}

func TestBackoffDoublesFromASecondToAMinute(t *testing.T) {
	t.Parallel()
	limiter := NewBackoff()
	item := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: testNamespace, Name: "ann"}}
	pause := time.Second
	different := false
	for range 20 {
		got := limiter.When(item)
		low, high := time.Duration(float64(pause)*(1-spread)), time.Duration(float64(pause)*(1+spread))
		if got < low || got > high {
			t.Fatalf("pause is %s, want %s to %s", got, low, high)
		}
		different = different || got != pause
		pause = min(2*pause, lastRetry)
	}
	if !different {
		t.Error("pauses are not spread")
	}
	if n := limiter.NumRequeues(item); n != 20 {
		t.Errorf("%d tries are counted, want 20", n)
	}
	other := item
	other.Name = "bob"
	if got := limiter.When(other); got > 2*firstRetry {
		t.Errorf("another object pauses %s", got)
	}
	limiter.Forget(item)
	if got := limiter.When(item); got > 2*firstRetry {
		t.Errorf("after a success the pause is %s", got)
	}
}
