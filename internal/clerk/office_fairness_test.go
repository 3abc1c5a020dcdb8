// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// crowd are callers of an office in virtual time, who each come back when told.
type crowd struct {
	office *RateLimiter
	// end is when everybody gives up.
	end time.Time
	all sync.WaitGroup

	mu    sync.Mutex
	given []used
	// asked counts how often a ticket was asked for.
	asked int
}

// used is a ticket that a caller was given, after it waited for so long.
type used struct {
	caller ratelimit.Caller
	at     time.Time
	waited time.Duration
}

func newCrowd(budget int, lasting time.Duration) *crowd {
	return &crowd{office: NewRateLimiter(RateLimiterConfig{RequestsPer10s: budget}), end: time.Now().Add(lasting)}
}

// call takes a ticket as soon as the caller may have it, and returns how long that took, or false at the end.
func (c *crowd) call(caller ratelimit.Caller) (time.Duration, bool) {
	for start := time.Now(); ; {
		err := c.office.Take(caller)
		now := time.Now()
		c.mu.Lock()
		c.asked++
		if err == nil {
			c.given = append(c.given, used{caller, now, now.Sub(start)})
		}
		c.mu.Unlock()
		wait, waiting := errors.AsType[*WaitError](err)
		if !waiting {
			return now.Sub(start), now.Before(c.end)
		}
		if wait.At.After(c.end) {
			return 0, false
		}
		time.Sleep(time.Until(wait.At))
	}
}

// flood lets many callers of a group make one call after the other until the end.
func (c *crowd) flood(group string, class ratelimit.PriorityLevel, callers int) {
	for i := range callers {
		c.all.Go(func() {
			caller := ratelimit.Caller{ID: fmt.Sprint(group, " ", class, " ", i), Flow: group, Level: class}
			for more := true; more; {
				_, more = c.call(caller)
			}
		})
	}
	synctest.Wait()
}

// of returns what those who fit were given.
func (c *crowd) of(fits func(used) bool) []used {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.given), func(u used) bool { return !fits(u) })
}

func within(from, to time.Time) func(used) bool {
	return func(u used) bool { return !u.at.Before(from) && u.at.Before(to) }
}

// interval is the time between two tickets of the flow.
func interval(budget int) time.Duration {
	flow, _ := pace(budget)
	return time.Duration(float64(time.Second) / float64(flow))
}

func TestAGroupsSizeMakesOnlyItselfWait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		floods map[string]int
		class  ratelimit.PriorityLevel
	}{
		"OneOfTenThousand":                {map[string]int{"a": 10_000}, ratelimit.Interactive},
		"OneOfTwoThousandThatFlap":        {map[string]int{"a": 2000}, ratelimit.Drift},
		"FiveOfTwoThousand":               {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, ratelimit.Interactive},
		"TheGroupWithoutName":             {map[string]int{"": 5000}, ratelimit.Interactive},
		"AHundredOfAHundred":              hundredGroups(),
		"DriftOfFiveGroups":               {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, ratelimit.Drift},
		"BackgroundReadsOfTwoThousandToo": {map[string]int{"a": 2000}, ratelimit.Background},
	}
	for name, test := range tests {
		for _, budget := range []int{50, 500} {
			t.Run(fmt.Sprint(name, "Of", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newCrowd(budget, 3*time.Minute)
					start := time.Now()
					for group, callers := range test.floods {
						c.flood(group, test.class, callers)
					}
					time.Sleep(30*time.Second + 7*time.Millisecond)
					// Nobody who asks for less than a group's part waits for others to have theirs.
					part := max(5*time.Second, time.Duration(quantum*len(test.floods))*interval(budget))
					for range 1 + 90*time.Second/part {
						single := ratelimit.Caller{ID: "single", Flow: "single", Level: test.class}
						if waited, _ := c.call(single); waited > interval(budget)+time.Millisecond {
							t.Errorf("the single one waited for %v, a ticket comes every %v", waited, interval(budget))
						}
						time.Sleep(part)
					}
					figure := within(start.Add(20*time.Second), start.Add(2*time.Minute))
					given := c.of(figure)
					if least := 100 * budget / 10 * 95 / 100; len(given) < least {
						t.Errorf("%d tickets in 100s, want at least %d", len(given), least)
					}
					c.all.Wait()
				})
			})
		}
	}
}

func hundredGroups() struct {
	floods map[string]int
	class  ratelimit.PriorityLevel
} {
	floods := map[string]int{}
	for i := range 100 {
		floods[fmt.Sprint("group", i)] = 100
	}
	return struct {
		floods map[string]int
		class  ratelimit.PriorityLevel
	}{floods, ratelimit.Interactive}
}

func TestGroupsOfAnySizeGetEqualParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const budget, lasting = 500, 2 * time.Minute
		c := newCrowd(budget, lasting)
		c.flood("a", ratelimit.Interactive, 5000)
		time.Sleep(20 * time.Second)
		begin := time.Now()
		c.flood("b", ratelimit.Interactive, 300)
		c.flood("c", ratelimit.Interactive, 1000)
		c.all.Wait()
		counts := map[string]int{}
		for _, u := range c.of(within(begin.Add(time.Second), begin.Add(90*time.Second))) {
			counts[u.caller.Flow]++
		}
		all := counts["a"] + counts["b"] + counts["c"]
		for group, n := range counts {
			if percent := 100 * n / all; percent < 32 || percent > 34 {
				t.Errorf("%s got %d%% of %d tickets, want a third", group, percent, all)
			}
		}
		if least := 89 * budget / 10 * 95 / 100; all < least {
			t.Errorf("%d tickets, want at least %d", all, least)
		}
	})
}

func TestAGroupGetsEverythingWhileNobodyElseWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const budget, lasting = 50, 2 * time.Minute
		c := newCrowd(budget, lasting)
		c.flood("a", ratelimit.Interactive, 1000)
		c.all.Wait()
		if n, least := len(c.given), int(lasting/windowLength)*budget*95/100; n < least {
			t.Errorf("%d tickets, want at least %d", n, least)
		}
	})
}

func TestWhoWaitsForSomethingElseChangesPlaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after ratelimit.Caller
		sooner        bool
	}{
		"OfAMoreUrgentClass": {ratelimit.Caller{Level: ratelimit.Drift}, ratelimit.Caller{Level: ratelimit.Interactive}, true},
		"OfALessUrgentClass": {ratelimit.Caller{Level: ratelimit.Drift}, ratelimit.Caller{Level: ratelimit.Background}, false},
		"OfAnotherGroup":     {ratelimit.Caller{Flow: "flood", Level: ratelimit.Drift}, ratelimit.Caller{Flow: "mine", Level: ratelimit.Drift}, true},
		"OfNothingElse":      {ratelimit.Caller{Flow: "flood", Level: ratelimit.Drift}, ratelimit.Caller{Flow: "flood", Level: ratelimit.Drift}, false},
		"OfAGroupButAsUrgentAsBefore": {
			ratelimit.Caller{Flow: "flood", Level: ratelimit.Drift}, ratelimit.Caller{Flow: "mine", Level: ratelimit.Background}, true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 500, Now: at})
			for i := range 1000 {
				_ = o.Take(ratelimit.Caller{ID: fmt.Sprint("flood", i), Flow: "flood", Level: ratelimit.Drift})
			}
			test.before.ID, test.after.ID = "mine", "mine"
			test.before.Flow = "flood"
			if test.after.Flow == "" {
				test.after.Flow = "flood"
			}
			told := func(caller ratelimit.Caller) time.Duration {
				wait, _ := errors.AsType[*WaitError](o.Take(caller))
				if wait == nil {
					return 0
				}
				return wait.At.Sub(at())
			}
			before, after := told(test.before), told(test.after)
			if test.sooner && after > before/10 || !test.sooner && after != before {
				t.Errorf("told to wait %v before and %v after", before, after)
			}
			if mine := o.queue.places["mine"]; mine != nil && mine.caller.Level < max(test.before.Level, test.after.Level) {
				t.Errorf("became less urgent: %s", letter(mine.caller.Level))
			}
			if n := o.queue.lines[ratelimit.Drift].waiting + o.queue.lines[ratelimit.Interactive].waiting; n > 1000 {
				t.Errorf("%d wait", n)
			}
		})
	}
}

// TestNothingIsLeftInMemory lets everything happen at once, and then nothing.
func TestNothingIsLeftInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(50, 12*time.Minute)
		o := c.office
		for i, class := range []ratelimit.PriorityLevel{ratelimit.Background, ratelimit.Drift, ratelimit.Interactive, ratelimit.Interactive} {
			c.flood(fmt.Sprint("group ", i), class, 2000)
			c.trickle(class, 3*time.Second)
		}
		for i := range 300 {
			o.settle(ticket{lane: fmt.Sprint("user_", i)}, throttled(time.Duration(i)*time.Second))
			o.settle(ticket{secret: keyID(fmt.Sprint("key", i))}, outcome{status: http.StatusUnauthorized})
			readyFor(t, o, fmt.Sprint("ready", i))
			time.Sleep(2 * time.Second)
		}
		o.mu.Lock()
		if n := len(o.queue.places); n > 3*int(horizon/interval(50)) {
			t.Errorf("%d places", n)
		}
		o.mu.Unlock()
		c.all.Wait()
		time.Sleep(2 * horizon)
		o.settle(ticket{secret: "last"}, outcome{status: http.StatusUnauthorized})
		for range 3 {
			time.Sleep(2 * refusalKept)
			o.settle(ticket{secret: "last", probe: true}, outcome{status: http.StatusUnauthorized})
			_, _ = o.take(ratelimit.Caller{ID: "other", Level: ratelimit.Interactive}, "", "")
		}
		time.Sleep(time.Minute)
		_ = o.Take(ratelimit.Caller{ID: "last", Level: ratelimit.Interactive})
		q := &o.queue
		for what, n := range map[string]int{
			"places": len(q.places), "tickets not used": len(q.ready), "tickets held": len(q.held),
			"tickets with room": q.window.held, "lanes": len(o.lanes.closedUntil), "calls": len(q.window.given) - 1,
		} {
			if n != 0 {
				t.Errorf("%d %s are left", n, what)
			}
		}
		for class := range q.lines {
			if l := &q.lines[class]; l.waiting != 0 || len(l.parts) != 0 || len(l.rounds) != 0 {
				t.Errorf("%s: %d wait, %d groups and %d rounds are left", letter(ratelimit.PriorityLevel(class)), l.waiting, len(l.parts), len(l.rounds))
			}
		}
	})
}
