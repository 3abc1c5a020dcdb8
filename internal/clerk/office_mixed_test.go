// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// trickle lets a new caller of a class and group come every so often.
func (c *crowd) trickle(class ratelimit.PriorityLevel, every time.Duration) {
	c.all.Go(func() {
		for i := 0; time.Now().Before(c.end); i++ {
			c.all.Go(func() {
				c.call(ratelimit.Caller{ID: fmt.Sprint("trickle ", class, i), Flow: fmt.Sprint("group", i%3), Level: class})
			})
			time.Sleep(every)
		}
	})
}

func TestAllClassesTogetherUseTheBudget(t *testing.T) {
	t.Parallel()
	// For how much of the flow persons' changes ask, one after the other.
	tests := map[string]float64{"NoPersons": 0, "SomePersons": 0.2, "HalfPersons": 0.5, "ManyPersons": 0.75, "TooManyPersons": 2}
	for name, persons := range tests {
		for _, budget := range []int{50, 500} {
			t.Run(fmt.Sprint(name, "Of", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const lasting = 4 * time.Minute
					c := newCrowd(budget, lasting)
					start := time.Now()
					if persons > 0 {
						c.trickle(ratelimit.Interactive, time.Duration(float64(interval(budget))/persons))
					}
					for _, group := range []string{"a", "b", "c"} {
						c.flood(group, ratelimit.Drift, 4*budget)
						c.flood(group, ratelimit.Background, budget)
					}
					c.all.Wait()
					given := c.of(within(start.Add(20*time.Second), start.Add(lasting-20*time.Second)))
					seconds := int((lasting - 40*time.Second) / time.Second)
					if least := seconds * budget / 10 * 95 / 100; len(given) < least {
						t.Errorf("%d tickets in %ds, want at least %d", len(given), seconds, least)
					}
					asks := float64(c.asked) / float64(len(c.given))
					if asks > 8 {
						t.Errorf("asked %.1f times for each ticket", asks)
					}
					if persons > 0 && persons < 0.8 {
						// Only when the window is full of the first burst they wait for longer.
						waits := waitsOf(c.of(func(u used) bool { return u.caller.Level == ratelimit.Interactive }))
						if most := waits[len(waits)*9/10]; most > interval(budget)+time.Millisecond {
							t.Errorf("one of ten persons waited for %v, a ticket comes every %v", most, interval(budget))
						}
						if most := waits[len(waits)-1]; most > time.Second+interval(budget) {
							t.Errorf("a person waited for %v", most)
						}
					}
					if most := mostWithin(times(c.given), windowLength); most > budget {
						t.Errorf("%d tickets within %v, the budget is %d", most, windowLength, budget)
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
