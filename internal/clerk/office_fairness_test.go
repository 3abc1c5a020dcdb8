// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd are callers of an office in virtual time, who each come back when told.
type crowd struct {
	office *Office
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
	caller Caller
	at     time.Time
	waited time.Duration
}

func newCrowd(budget int, lasting time.Duration) *crowd {
	return &crowd{office: NewOffice(OfficeConfig{RequestsPer10s: budget}), end: time.Now().Add(lasting)}
}

// call takes a ticket as soon as the caller may have it, and returns how long that took, or false at the end.
func (c *crowd) call(caller Caller) (time.Duration, bool) {
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
func (c *crowd) flood(group string, class Class, callers int) {
	for i := range callers {
		c.all.Go(func() {
			caller := Caller{Key: fmt.Sprint(group, " ", class, " ", i), Group: group, Class: class}
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
		class  Class
	}{
		"OneOfTenThousand":                {map[string]int{"a": 10_000}, Person},
		"OneOfTwoThousandThatFlap":        {map[string]int{"a": 2000}, Drift},
		"FiveOfTwoThousand":               {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, Person},
		"TheGroupWithoutName":             {map[string]int{"": 5000}, Person},
		"AHundredOfAHundred":              hundredGroups(),
		"DriftOfFiveGroups":               {map[string]int{"a": 2000, "b": 2000, "c": 2000, "d": 2000, "e": 2000}, Drift},
		"BackgroundReadsOfTwoThousandToo": {map[string]int{"a": 2000}, Background},
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
						single := Caller{Key: "single", Group: "single", Class: test.class}
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
	class  Class
} {
	floods := map[string]int{}
	for i := range 100 {
		floods[fmt.Sprint("group", i)] = 100
	}
	return struct {
		floods map[string]int
		class  Class
	}{floods, Person}
}
