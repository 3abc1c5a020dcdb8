// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

var classes = []ratelimit.PriorityLevel{ratelimit.Background, ratelimit.Drift, ratelimit.Interactive}

// letter names a class in a text of many.
func letter(class ratelimit.PriorityLevel) string { return string("BDP"[class]) }

// atOnce takes as many tickets as a class is given without waiting, and returns how long the next one has to wait.
func atOnce(t *testing.T, o *RateLimiter, class ratelimit.PriorityLevel) (int, time.Duration) {
	t.Helper()
	for n := 0; ; n++ {
		err := o.Take(ratelimit.Caller{ID: fmt.Sprint(class, n), Level: class})
		if err == nil {
			continue
		}
		wait, ok := errors.AsType[*WaitError](err)
		if !ok {
			t.Fatal(err)
		}
		return n, time.Until(wait.At)
	}
}

func TestClassesLeaveOneAnotherTheirPartOfTheBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		budget int
		// given are how many tickets background, drift and a person's change get one after the other from a full bucket.
		given [3]int
		// missing are how many tickets of the flow each of them then waits for.
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
				o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: test.budget})
				for _, class := range classes {
					given, wait := atOnce(t, o, class)
					want := time.Duration(test.missing[class] * float64(interval(test.budget)))
					if given != test.given[class] || (wait-want).Abs() > rounding {
						t.Errorf("%s: %d tickets and then %v, want %d and %v", letter(class), given, wait, test.given[class], want)
					}
					// Who waits here would be before the next class only by his share.
					o.queue.leaveAll("")
				}
			})
		})
	}
}

// order lets as many callers of each class as named wait at once, and returns in which order they are served.
func order(t *testing.T, budget, person, drift, background int) string {
	t.Helper()
	c := newCrowd(budget, time.Hour)
	exhaust(t, c.office)
	c.office.queue.leaveAll("")
	for class, callers := range []int{background, drift, person} {
		for i := range callers {
			c.all.Go(func() { c.call(ratelimit.Caller{ID: fmt.Sprint(class, " ", i), Level: ratelimit.PriorityLevel(class)}) })
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
		person, drift, background int
		want                      string
	}{
		"MostUrgentFirst":        {5, 3, 2, "PPPPPDDDBB"},
		"OneOfTenToWhoIsBehind":  {25, 2, 0, "PPPPPPPPPDPPPPPPPPPDPPPPPPP"},
		"OneOfTenToEachBehind":   {20, 2, 2, "PPPPPPPPPBDPPPPPPPPBDPPP"},
		"BackgroundBehindDrift":  {0, 12, 2, "DDDDDDDDDBDDDB"},
		"NobodyBehindNothingDue": {12, 0, 0, "PPPPPPPPPPPP"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, budget := range []int{5, 20} {
					if got := order(t, budget, test.person, test.drift, test.background); got != test.want {
						t.Errorf("budget %d: served %s, want %s", budget, got, test.want)
					}
				}
			})
		})
	}
}

func TestNoClassStarves(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 5, 10, 50, 500} {
		for _, flood := range classes {
			t.Run(fmt.Sprint(letter(flood), "FloodsABudgetOf", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					lasting := 1000 * interval(budget)
					c := newCrowd(budget, lasting)
					for _, class := range classes {
						callers := 2
						if class == flood {
							callers = 40
						}
						c.flood(fmt.Sprint("group", class), class, callers)
					}
					c.all.Wait()
					for _, class := range classes {
						given := c.of(func(u used) bool { return u.caller.Level == class })
						if len(given) < 90 {
							t.Errorf("%s: %d of 1000 tickets, want one of ten", letter(class), len(given))
						}
						for _, u := range given {
							// Each waits for one other of its class, and once until the window has room after the first burst.
							if limit := time.Duration(2*share+2)*interval(budget) + 1500*time.Millisecond; class != flood && u.waited > limit {
								t.Errorf("%s waited for %v, want at most %v", letter(class), u.waited, limit)
							}
						}
					}
					all := c.of(within(start, start.Add(lasting)))
					if len(all) < 990 {
						t.Errorf("%d tickets in the time of 1000", len(all))
					}
				})
			})
		}
	}
}
