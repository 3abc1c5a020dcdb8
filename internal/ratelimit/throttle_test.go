// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	t.Run("OfOneUserStopsCallsOnIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			mustTake(t, l, "user_a")
			l.Throttle("user_a", 7*time.Second)
			if wait := waitOn(t, l, "asker", "user_a"); wait != 7*time.Second {
				t.Errorf("a call on the user: told to wait %v, want 7s", wait)
			}
			mustTake(t, l, "user_b")
			mustTake(t, l, "")
			time.Sleep(7 * time.Second)
			mustTake(t, l, "user_a")
		})
	})
	t.Run("OfTwoUsersWithinASecondStopsAllCalls", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			mustTake(t, l, "user_a")
			mustTake(t, l, "user_b")
			l.Throttle("user_a", 5*time.Second)
			time.Sleep(900 * time.Millisecond)
			l.Throttle("user_b", 5*time.Second)
			if wait := waitFor(t, l, "asker"); wait != 5*time.Second {
				t.Errorf("told to wait %v, want 5s", wait)
			}
		})
	})
	t.Run("OfTwoUsersApartStopsCallsOnThem", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			mustTake(t, l, "user_a")
			l.Throttle("user_a", 5*time.Second)
			time.Sleep(1100 * time.Millisecond)
			mustTake(t, l, "user_b")
			l.Throttle("user_b", 5*time.Second)
			mustTake(t, l, "")
		})
	})
	t.Run("OfOneUserTwiceStopsCallsOnIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			mustTake(t, l, "user_a")
			mustTake(t, l, "user_a")
			l.Throttle("user_a", 5*time.Second)
			l.Throttle("user_a", 2*time.Second)
			mustTake(t, l, "")
			if wait := waitOn(t, l, "asker", "user_a"); wait != 5*time.Second {
				t.Errorf("a call on the user: told to wait %v, want 5s", wait)
			}
		})
	})
	t.Run("OfAnythingElseStopsAllCalls", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			mustTake(t, l, "")
			mustTake(t, l, "")
			l.Throttle("", 20*time.Second)
			// A shorter one does not end it earlier.
			l.Throttle("", time.Second)
			if wait := waitFor(t, l, "asker"); wait != 20*time.Second {
				t.Errorf("told to wait %v, want 20s", wait)
			}
		})
	})
	t.Run("DelaysThoseWithASeat", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(10, time.Now)
			exhaust(t, l)
			wait := waitFor(t, l, "mine")
			l.Throttle("", 30*time.Second)
			time.Sleep(wait)
			if left := waitFor(t, l, "mine"); left < 30*time.Second-wait {
				t.Errorf("let through %v before the limit ends", 30*time.Second-wait-left)
			}
			waitFor(t, l, "late")
			l.Throttle("", 60*time.Second)
			if mine, late := waitFor(t, l, "mine"), waitFor(t, l, "late"); mine < 60*time.Second || late <= mine {
				t.Errorf("told to wait %v and %v, want 60s or more, and the first to go first", mine, late)
			}
		})
	})
	t.Run("LetsThoseWhoWaitedBackOneByOne", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			const budget = 100
			l := New(budget, time.Now)
			for i := range 200 {
				waitFor(t, l, fmt.Sprint("before", i))
			}
			l.Throttle("", 30*time.Second)
			start := time.Now()
			given := drain(l, 300, 2*time.Minute, time.Second)
			if at := given[0].Sub(start); at < 30*time.Second {
				t.Errorf("the first token came %v after the limit began", at)
			}
			if most := mostWithin(given, windowLength); most > budget {
				t.Errorf("%d tokens within %v, the budget is %d", most, windowLength, budget)
			}
		})
	})
	t.Run("OfManyUsersOverTimeIsForgotten", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1000, time.Now)
			for i := range 100 {
				user := fmt.Sprint("user_", i)
				mustTake(t, l, user)
				l.Throttle(user, 2*time.Second)
				time.Sleep(1500 * time.Millisecond)
			}
			if n := len(l.users.limitedUntil); n > 3 {
				t.Errorf("%d users are remembered, want those that are limited", n)
			}
		})
	})
}
