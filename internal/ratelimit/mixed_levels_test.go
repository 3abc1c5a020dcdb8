// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// trickle lets a new caller of a level and flow come every so often.
func (c *crowd) trickle(level PriorityLevel, every time.Duration) {
	c.all.Go(func() {
		for i := 0; time.Now().Before(c.end); i++ {
			c.all.Go(func() {
				c.call(Caller{ID: fmt.Sprint("trickle ", level, i), Flow: fmt.Sprint("flow", i%3), Level: level})
			})
			time.Sleep(every)
		}
	})
}

func TestAllLevelsTogetherUseTheBudget(t *testing.T) {
	t.Parallel()
	// For how much of the steady rate interactive calls ask, one after the other.
	tests := map[string]float64{"NoInteractive": 0, "SomeInteractive": 0.2, "HalfInteractive": 0.5, "ManyInteractive": 0.75, "TooManyInteractive": 2}
	for name, interactive := range tests {
		for _, budget := range []int{50, 500} {
			t.Run(fmt.Sprint(name, "Of", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const lasting = 4 * time.Minute
					c := newCrowd(budget, lasting)
					start := time.Now()
					if interactive > 0 {
						c.trickle(Interactive, time.Duration(float64(interval(budget))/interactive))
					}
					for _, flow := range []string{"a", "b", "c"} {
						c.flood(flow, Drift, 4*budget)
						c.flood(flow, Background, budget)
					}
					c.all.Wait()
					given := c.of(within(start.Add(20*time.Second), start.Add(lasting-20*time.Second)))
					seconds := int((lasting - 40*time.Second) / time.Second)
					if least := seconds * budget / 10 * 95 / 100; len(given) < least {
						t.Errorf("%d tokens in %ds, want at least %d", len(given), seconds, least)
					}
					asks := float64(c.asked) / float64(len(c.given))
					if asks > 8 {
						t.Errorf("asked %.1f times for each token", asks)
					}
					if interactive > 0 && interactive < 0.8 {
						// Only when the window is full of the first burst they wait for longer.
						waits := waitsOf(c.of(func(u used) bool { return u.caller.Level == Interactive }))
						if most := waits[len(waits)*9/10]; most > interval(budget)+time.Millisecond {
							t.Errorf("one of ten interactive calls waited for %v, a token comes every %v", most, interval(budget))
						}
						if most := waits[len(waits)-1]; most > time.Second+interval(budget) {
							t.Errorf("an interactive call waited for %v", most)
						}
					}
					if most := mostWithin(times(c.given), windowLength); most > budget {
						t.Errorf("%d tokens within %v, the budget is %d", most, windowLength, budget)
					}
				})
			})
		}
	}
}

func waitsOf(given []used) []time.Duration {
	var all []time.Duration
	for _, u := range given {
		all = append(all, u.waited)
	}
	slices.Sort(all)
	return all
}

func times(given []used) []time.Time {
	var all []time.Time
	for _, u := range given {
		all = append(all, u.at)
	}
	return all
}
