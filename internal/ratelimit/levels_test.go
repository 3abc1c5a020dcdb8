// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var levels = []PriorityLevel{Background, Drift, Interactive}

// letter names a level in a text of many.
func letter(level PriorityLevel) string { return string("BDI"[level]) }

// atOnce takes as many tokens as a level is given without waiting, and returns how long the next one has to wait.
func atOnce(l *Limiter, level PriorityLevel) (int, time.Duration) {
	for n := 0; ; n++ {
		if at, ok := l.Take(Caller{ID: fmt.Sprint(level, n), Level: level}, "", ""); !ok {
			return n, time.Until(at)
		}
	}
}

func TestLevelsLeaveOneAnotherTheirPartOfTheBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		budget int
		// given are how many tokens Background, Drift and Interactive get one after the other from a full bucket.
		given [3]int
		// missing are how many more tokens have to flow into the bucket for each of them then.
		missing [3]float64
	}{
		"OfAHundred": {1000, [3]int{50, 30, 20}, [3]float64{1, 1, 1}},
		"OfFive":     {50, [3]int{2, 2, 1}, [3]float64{0.5, 1, 1}},
		"OfTwo":      {20, [3]int{1, 0, 1}, [3]float64{1, 0.4, 1}},
		"OfOne":      {7, [3]int{1, 0, 0}, [3]float64{1, 1, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := New(test.budget, time.Now)
				for _, level := range levels {
					given, wait := atOnce(l, level)
					want := time.Duration(test.missing[level] * float64(interval(test.budget)))
					if given != test.given[level] || (wait-want).Abs() > rounding {
						t.Errorf("%s: %d tokens and then %v, want %d and %v", letter(level), given, wait, test.given[level], want)
					}
					// What waits here would come before the next level only by its least share.
					l.scheduler.endAll("")
				}
			})
		})
	}
}

// order makes as many callers of each level as named wait at once, and returns the order in which they get tokens.
func order(t *testing.T, budget, interactive, drift, background int) string {
	t.Helper()
	c := newCrowd(budget, time.Hour)
	exhaust(t, c.limiter)
	c.limiter.scheduler.endAll("")
	for level, callers := range []int{background, drift, interactive} {
		for i := range callers {
			c.all.Go(func() { c.call(Caller{ID: fmt.Sprint(level, " ", i), Level: PriorityLevel(level)}) })
			synctest.Wait()
		}
	}
	c.all.Wait()
	slices.SortStableFunc(c.given, func(a, b used) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for _, u := range c.given {
		text.WriteString(letter(u.caller.Level))
	}
	return text.String()
}

func TestOrderOfService(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		interactive, drift, background int
		want                           string
	}{
		"MostUrgentFirst":        {5, 3, 2, "IIIIIDDDBB"},
		"OneOfTenToWhoIsBehind":  {25, 2, 0, "IIIIIIIIIDIIIIIIIIIDIIIIIII"},
		"OneOfTenToEachBehind":   {20, 2, 2, "IIIIIIIIIBDIIIIIIIIBDIII"},
		"BackgroundBehindDrift":  {0, 12, 2, "DDDDDDDDDBDDDB"},
		"NobodyBehindNothingDue": {12, 0, 0, "IIIIIIIIIIII"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, budget := range []int{5, 20} {
					if got := order(t, budget, test.interactive, test.drift, test.background); got != test.want {
						t.Errorf("budget %d: served %s, want %s", budget, got, test.want)
					}
				}
			})
		})
	}
}

func TestNoLevelStarves(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 5, 10, 50, 500} {
		for _, flood := range levels {
			t.Run(fmt.Sprint(letter(flood), "FloodsABudgetOf", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					lasting := 1000 * interval(budget)
					c := newCrowd(budget, lasting)
					for _, level := range levels {
						callers := 2
						if level == flood {
							callers = 40
						}
						c.flood(fmt.Sprint("flow", level), level, callers)
					}
					c.all.Wait()
					for _, level := range levels {
						given := c.of(func(u used) bool { return u.caller.Level == level })
						if len(given) < 90 {
							t.Errorf("%s: %d of 1000 tokens, want one of ten", letter(level), len(given))
						}
						for _, u := range given {
							// Each waits for one other of its level, and once until the window has room after the first burst.
							if limit := time.Duration(2*leastShare+2)*interval(budget) + 1500*time.Millisecond; level != flood && u.waited > limit {
								t.Errorf("%s waited for %v, want at most %v", letter(level), u.waited, limit)
							}
						}
					}
					all := c.of(within(start, start.Add(lasting)))
					if len(all) < 990 {
						t.Errorf("%d tokens in the time of 1000", len(all))
					}
				})
			})
		}
	}
}
