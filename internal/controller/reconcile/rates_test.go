// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

func TestRatesLetABurstThroughAndThenOneInTwoSeconds(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := NewRates(c.now)
	for i := range RatesBurst {
		if wait := r.Wait("a"); wait != 0 {
			t.Fatalf("reconciliation %d of the burst waits %s", i, wait)
		}
	}
	// Asking again and again costs nothing and changes nothing.
	for range 3 {
		if wait := r.Wait("a"); wait != RatesInterval {
			t.Fatalf("the reconciliation after the burst waits %s, want %s", wait, RatesInterval)
		}
	}
	if wait := r.Wait("b"); wait != 0 {
		t.Fatalf("another object waits %s", wait)
	}
	c.advance(RatesInterval - time.Millisecond)
	if wait := r.Wait("a"); wait <= 0 {
		t.Error("the turn comes too soon")
	}
	c.advance(time.Millisecond)
	if wait := r.Wait("a"); wait != 0 {
		t.Errorf("the turn does not come: %s", wait)
	}
	if wait := r.Wait("a"); wait != RatesInterval {
		t.Errorf("the next turn comes after %s", wait)
	}
	r.Forget("a")
	if wait := r.Wait("a"); wait != 0 {
		t.Errorf("a forgotten object waits %s", wait)
	}
}

func TestRateInTheLongRun(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := NewRates(c.now)
	made := 0
	for range 1000 {
		if r.Wait("a") == 0 {
			made++
		}
		c.advance(100 * time.Millisecond)
	}
	if want := RatesBurst + 50; made < want-1 || made > want {
		t.Errorf("%d reconciliations in 100 s, want %d", made, want)
	}
}

// TestObjectsThatHaveRestedTakeNoMemory has objects whose rates limit nothing any more, of which there may be thousands.
func TestObjectsThatHaveRestedTakeNoMemory(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := NewRates(c.now)
	for range RatesBurst {
		r.Wait("busy")
	}
	r.Wait("rested")
	for _, step := range []struct {
		after time.Duration
		want  []types.UID
	}{
		{sweepInterval - time.Nanosecond, []types.UID{"busy", "other", "rested"}},
		{time.Nanosecond, []types.UID{"busy", "other"}},
		{sweepInterval - time.Nanosecond, []types.UID{"busy", "other"}},
		{time.Nanosecond, []types.UID{"other"}},
	} {
		c.advance(step.after)
		r.Wait("other")
		if got := slices.Sorted(maps.Keys(r.full)); !slices.Equal(got, step.want) {
			t.Errorf("at %s objects %q are kept, want %q", c.at.Format(time.TimeOnly), got, step.want)
		}
	}
}
