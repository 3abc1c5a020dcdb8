// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd are callers of a limiter in virtual time. Each retries at the given time.
type crowd struct {
	limiter *Limiter
	// end is when all callers stop.
	end time.Time
	all sync.WaitGroup

	mu    sync.Mutex
	given []used
	// asked counts the attempts.
	asked int
}

// used is a token that a caller got, and how long it waited.
type used struct {
	caller Caller
	at     time.Time
	waited time.Duration
}

func newCrowd(budget int, lasting time.Duration) *crowd {
	return &crowd{limiter: New(budget, time.Now), end: time.Now().Add(lasting)}
}

// call takes a token as soon as the caller may have it. It returns how long that took, or false at the end.
func (c *crowd) call(caller Caller) (time.Duration, bool) {
	for start := time.Now(); ; {
		at, ok := c.limiter.Take(caller, "", "")
		now := time.Now()
		c.mu.Lock()
		c.asked++
		if ok {
			c.given = append(c.given, used{caller, now, now.Sub(start)})
		}
		c.mu.Unlock()
		if ok {
			return now.Sub(start), now.Before(c.end)
		}
		if at.After(c.end) {
			return 0, false
		}
		time.Sleep(time.Until(at))
	}
}

// flood lets many callers of a flow make one call after the other until the end.
func (c *crowd) flood(flow string, level PriorityLevel, callers int) {
	for i := range callers {
		c.all.Go(func() {
			caller := Caller{ID: fmt.Sprint(flow, " ", level, " ", i), Flow: flow, Level: level}
			for more := true; more; {
				_, more = c.call(caller)
			}
		})
	}
	synctest.Wait()
}

// of returns the tokens of the matching callers.
func (c *crowd) of(fits func(used) bool) []used {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.given), func(u used) bool { return !fits(u) })
}

func within(from, to time.Time) func(used) bool {
	return func(u used) bool { return !u.at.Before(from) && u.at.Before(to) }
}

// interval is the time between two tokens of the steady rate.
func interval(budget int) time.Duration {
	perSecond, _ := bucketFor(budget)
	return time.Duration(float64(time.Second) / float64(perSecond))
}

func TestAFlowsSizeMakesOnlyItselfWait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		floods map[string]int
		level  PriorityLevel
	}{
		"OneOfTenThousand":                {map[string]int{"a": 10_000}, Interactive},
		"OneOfTwoThousandThatFlap":        {map[string]int{"a": 2000}, Drift},
		"FiveOfTwoThousand":               {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, Interactive},
		"TheFlowWithoutName":              {map[string]int{"": 5000}, Interactive},
		"AHundredOfAHundred":              hundredFlows(),
		"DriftOfFiveFlows":                {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, Drift},
		"BackgroundReadsOfTwoThousandToo": {map[string]int{"a": 2000}, Background},
	}
	for name, test := range tests {
		for _, budget := range []int{50, 500} {
			t.Run(fmt.Sprint(name, "Of", budget), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newCrowd(budget, 3*time.Minute)
					start := time.Now()
					for flow, callers := range test.floods {
						c.flood(flow, test.level, callers)
					}
					time.Sleep(30*time.Second + 7*time.Millisecond)
					// A caller that requests less than its flow's part does not wait for others.
					part := max(5*time.Second, time.Duration(quantum*len(test.floods))*interval(budget))
					for range 1 + 90*time.Second/part {
						single := Caller{ID: "single", Flow: "single", Level: test.level}
						if waited, _ := c.call(single); waited > interval(budget)+time.Millisecond {
							t.Errorf("the single one waited for %v, a token comes every %v", waited, interval(budget))
						}
						time.Sleep(part)
					}
					figure := within(start.Add(20*time.Second), start.Add(2*time.Minute))
					given := c.of(figure)
					if least := 100 * budget / 10 * 95 / 100; len(given) < least {
						t.Errorf("%d tokens in 100s, want at least %d", len(given), least)
					}
					c.all.Wait()
				})
			})
		}
	}
}

func hundredFlows() struct {
	floods map[string]int
	level  PriorityLevel
} {
	floods := map[string]int{}
	for i := range 100 {
		floods[fmt.Sprint("flow", i)] = 100
	}
	return struct {
		floods map[string]int
		level  PriorityLevel
	}{floods, Interactive}
}

func TestFlowsOfAnySizeGetEqualParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const budget, lasting = 500, 2 * time.Minute
		c := newCrowd(budget, lasting)
		c.flood("a", Interactive, 5000)
		time.Sleep(20 * time.Second)
		begin := time.Now()
		c.flood("b", Interactive, 300)
		c.flood("c", Interactive, 1000)
		c.all.Wait()
		counts := map[string]int{}
		for _, u := range c.of(within(begin.Add(time.Second), begin.Add(90*time.Second))) {
			counts[u.caller.Flow]++
		}
		all := counts["a"] + counts["b"] + counts["c"]
		for flow, n := range counts {
			if percent := 100 * n / all; percent < 32 || percent > 34 {
				t.Errorf("%s got %d%% of %d tokens, want a third", flow, percent, all)
			}
		}
		if least := 89 * budget / 10 * 95 / 100; all < least {
			t.Errorf("%d tokens, want at least %d", all, least)
		}
	})
}

func TestAFlowGetsEverythingWhileNobodyElseWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const budget, lasting = 50, 2 * time.Minute
		c := newCrowd(budget, lasting)
		c.flood("a", Interactive, 1000)
		c.all.Wait()
		if n, least := len(c.given), int(lasting/windowLength)*budget*95/100; n < least {
			t.Errorf("%d tokens, want at least %d", n, least)
		}
	})
}

func TestCallerThatWantsAnotherCallChangesSeats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after Caller
		sooner        bool
	}{
		"OfAMoreUrgentLevel": {Caller{Level: Drift}, Caller{Level: Interactive}, true},
		"OfALessUrgentLevel": {Caller{Level: Drift}, Caller{Level: Background}, false},
		"OfAnotherFlow":      {Caller{Flow: "flood", Level: Drift}, Caller{Flow: "mine", Level: Drift}, true},
		"OfNothingElse":      {Caller{Flow: "flood", Level: Drift}, Caller{Flow: "flood", Level: Drift}, false},
		"OfAFlowButAsUrgentAsBefore": {
			Caller{Flow: "flood", Level: Drift}, Caller{Flow: "mine", Level: Background}, true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Unix(0, 0)
			l := New(500, func() time.Time { return start })
			for i := range 1000 {
				l.Take(Caller{ID: fmt.Sprint("flood", i), Flow: "flood", Level: Drift}, "", "")
			}
			test.before.ID, test.after.ID = "mine", "mine"
			test.before.Flow = "flood"
			if test.after.Flow == "" {
				test.after.Flow = "flood"
			}
			told := func(caller Caller) time.Duration {
				at, ok := l.Take(caller, "", "")
				if ok {
					return 0
				}
				return at.Sub(start)
			}
			before, after := told(test.before), told(test.after)
			if test.sooner && after > before/10 || !test.sooner && after != before {
				t.Errorf("told to wait %v before and %v after", before, after)
			}
			if mine := l.scheduler.requests["mine"]; mine != nil && mine.caller.Level < max(test.before.Level, test.after.Level) {
				t.Errorf("became less urgent: %s", letter(mine.caller.Level))
			}
			if n := l.scheduler.queues[Drift].waiting + l.scheduler.queues[Interactive].waiting; n > 1000 {
				t.Errorf("%d wait", n)
			}
		})
	}
}

// TestNothingIsLeftInMemory makes many callers call at once, and then none.
func TestNothingIsLeftInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(50, 12*time.Minute)
		l := c.limiter
		for i, level := range []PriorityLevel{Background, Drift, Interactive, Interactive} {
			c.flood(fmt.Sprint("flow ", i), level, 2000)
			c.trickle(level, 3*time.Second)
		}
		for i := range 300 {
			l.Throttle(fmt.Sprint("user_", i), time.Duration(i)*time.Second)
			l.Forget(fmt.Sprint("key", i))
			reserveFor(t, l, fmt.Sprint("reserved", i))
			time.Sleep(2 * time.Second)
		}
		l.mu.Lock()
		if n := len(l.scheduler.requests); n > 3*int(horizon/interval(50)) {
			t.Errorf("%d requests", n)
		}
		l.mu.Unlock()
		c.all.Wait()
		time.Sleep(2 * horizon)
		for range 3 {
			time.Sleep(2 * time.Hour)
			waitFor(t, l, "other")
		}
		time.Sleep(time.Minute)
		waitOn(t, l, "last", "user_last")
		s := &l.scheduler
		for what, n := range map[string]int{
			"requests": len(s.requests), "tokens not used": len(s.granted), "tokens reserved": len(s.reservedRooms),
			"tokens with room": s.window.kept, "users": len(l.users.limitedUntil), "calls": len(s.window.uses) - 1,
		} {
			if n != 0 {
				t.Errorf("%d %s are left", n, what)
			}
		}
		for level := range s.queues {
			if q := &s.queues[level]; q.waiting != 0 || len(q.flows) != 0 || len(q.rounds) != 0 {
				t.Errorf("%s: %d wait, %d flows and %d rounds are left", letter(PriorityLevel(level)), q.waiting, len(q.flows), len(q.rounds))
			}
		}
	})
}
