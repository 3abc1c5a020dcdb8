// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// waitFor returns how long Take asks to wait; 0 is a ticket.
func waitFor(t *testing.T, o *RateLimiter, key string) time.Duration {
	t.Helper()
	err := o.Take(ratelimit.Caller{ID: key, Level: ratelimit.Interactive})
	if err == nil {
		return 0
	}
	wait, ok := errors.AsType[*WaitError](err)
	if !ok {
		t.Fatalf("Take: got %v, want a ticket or a time", err)
	}
	return time.Until(wait.At)
}

// exhaust takes tickets until there are none.
func exhaust(t *testing.T, o *RateLimiter) {
	t.Helper()
	for waitFor(t, o, "other") == 0 {
		continue
	}
}

// mostWithin returns how many of the times fall into the busiest span of the length.
func mostWithin(times []time.Time, length time.Duration) int {
	most, first := 0, 0
	for last := range times {
		for times[last].Sub(times[first]) >= length {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// drain lets workers take tickets for as long as given, each coming back when told and late by up to the delay, and
// returns when tickets were given out, in order.
func drain(o *RateLimiter, workers int, lasting, delay time.Duration) []time.Time {
	var mu sync.Mutex
	var given []time.Time
	var all sync.WaitGroup
	end := time.Now().Add(lasting)
	for worker := range workers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for call := 0; time.Now().Before(end); {
				// Each ticket is another object's, as in an operator that creates many.
				err := o.Take(ratelimit.Caller{ID: fmt.Sprintf("object-%d-%d", worker, call), Level: ratelimit.Interactive})
				if wait, ok := errors.AsType[*WaitError](err); ok {
					late := time.Duration(0)
					if delay > 0 {
						late = time.Duration(random.Int64N(int64(delay)))
					}
					time.Sleep(time.Until(wait.At) + late)
					continue
				}
				mu.Lock()
				given = append(given, time.Now())
				mu.Unlock()
				call++
			}
		})
	}
	all.Wait()
	slices.SortFunc(given, time.Time.Compare)
	return given
}

func TestBudgetIsNeverExceededAndAlmostUsedUp(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 7, 25, 50, 67, 500} {
		for _, delay := range []time.Duration{0, 300 * time.Millisecond, 4 * time.Second} {
			t.Run(fmt.Sprintf("%dLateByUpTo%v", budget, delay), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const lasting = 5 * time.Minute
					o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: budget})
					given := drain(o, 2*budget+8, lasting, delay)
					if most := mostWithin(given, windowLength); most > budget {
						t.Errorf("%d tickets within %v, the budget is %d", most, windowLength, budget)
					}
					percent := 95
					if delay > time.Second {
						// Whoever is that late makes others wait, so as to stay within the budget.
						percent = 90
						if budget < 5 {
							// Two late ones are all that there is.
							percent = 85
						}
					}
					possible := int((lasting - delay) * time.Duration(budget) / windowLength)
					if least := possible*percent/100 - 1; len(given) < least {
						t.Errorf("%d tickets of %d possible, want at least %d", len(given), possible, least)
					}
				})
			})
		}
	}
}

func TestReservation(t *testing.T) {
	t.Parallel()
	t.Run("IsPaidForWhenItsCallerComesBack", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
			exhaust(t, o)
			wait := waitFor(t, o, "mine")
			if wait <= 0 {
				t.Fatal("got a ticket although the budget is used up")
			}
			if again := waitFor(t, o, "mine"); again != wait {
				t.Errorf("asked again, told to wait %v, first %v", again, wait)
			}
			// Many others queue up behind; they must not push the reservation back.
			for i := range 50 {
				waitFor(t, o, fmt.Sprint("later", i))
			}
			time.Sleep(wait)
			if left := waitFor(t, o, "mine"); left != 0 {
				t.Errorf("came back when told, has to wait another %v", left)
			}
			if next := waitFor(t, o, "mine"); next <= wait {
				t.Errorf("a second ticket after %v, before those who asked earlier", next)
			}
		})
	})
	t.Run("IsKeptUntilShortlyAfterItIsDue", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
			exhaust(t, o)
			wait := waitFor(t, o, "mine")
			for i := range 100 {
				waitFor(t, o, fmt.Sprint("later", i))
			}
			time.Sleep(wait + grace)
			if left := waitFor(t, o, "mine"); left != 0 {
				t.Errorf("came back %v late, has to wait another %v", grace, left)
			}
		})
	})
	t.Run("HasTheRoomThatItsCallerWasToldOf", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 50})
			o.queue.window.add(time.Now(), ratelimit.Interactive)
			time.Sleep(time.Second)
			for range 49 {
				o.queue.window.add(time.Now(), ratelimit.Interactive)
			}
			time.Sleep(waitFor(t, o, "mine"))
			if wait := waitFor(t, o, "another"); wait < 900*time.Millisecond {
				t.Errorf("another one has to wait %v, and there is no more room for a second", wait)
			}
			time.Sleep(punctual / 2)
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("came back when told, has to wait another %v", wait)
			}
		})
	})
	t.Run("HasAnEnd", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			// With one other that asks every few seconds the end comes before, at and after the time of sweeping.
			for _, every := range []time.Duration{time.Second, 3 * time.Second, 4 * time.Second} {
				o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
				exhaust(t, o)
				time.Sleep(waitFor(t, o, "mine"))
				for begin := time.Now(); time.Since(begin) <= grace; time.Sleep(every) {
					waitFor(t, o, fmt.Sprint("other", time.Since(begin)))
				}
				exhaust(t, o)
				if wait := waitFor(t, o, "mine"); wait == 0 {
					t.Errorf("with others every %v it still has its ticket", every)
				}
			}
		})
	})
	t.Run("IsForgottenWhenNobodyComes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
			for i := range 1000 {
				waitFor(t, o, fmt.Sprint("gone", i))
			}
			if n := len(o.queue.places); n > 10*60 {
				t.Errorf("%d reservations, more than there are tickets until the horizon", n)
			}
			time.Sleep(horizon + 2*grace)
			waitFor(t, o, "mine")
			if n := len(o.queue.places); n != 0 {
				t.Errorf("%d reservations are left of callers that never came back", n)
			}
			if n := len(o.queue.window.given); n > 10 {
				t.Errorf("%d tickets are remembered, want no more than the budget", n)
			}
		})
	})
	t.Run("IsNeverFurtherAwayThanTheHorizon", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1})
			for i := range 1000 {
				if wait := waitFor(t, o, fmt.Sprint("key", i)); wait > horizon {
					t.Fatalf("told to wait %v, want at most %v", wait, horizon)
				}
			}
		})
	})
}

func TestSetRequestsPer10s(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, after int }{
		"Raised":         {before: 10, after: 100},
		"Lowered":        {before: 100, after: 10},
		"Same":           {before: 50, after: 50},
		"NothingIsOne":   {before: 50, after: 0},
		"NegativeIsOne":  {before: 50, after: -3},
		"NothingAtFirst": {before: 0, after: 20},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: test.before})
				drain(o, 20, 30*time.Second, 0)
				o.SetRequestsPer10s(test.after)
				// What was promised before is still kept for its callers, at the new pace at most.
				drain(o, 20, time.Minute, 0)
				given := drain(o, 20, time.Minute, 0)
				want := max(1, test.after)
				if most := mostWithin(given, windowLength); most > want {
					t.Errorf("%d tickets within %v, the budget is %d", most, windowLength, want)
				}
				if len(given) < 6*want*90/100 {
					t.Errorf("%d tickets in a minute, the budget allows %d", len(given), 6*want)
				}
			})
		})
	}
}

// ask takes a ticket that must be there.
func ask(t *testing.T, o *RateLimiter, lane string) ticket {
	t.Helper()
	given, err := o.take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}, "", lane)
	if err != nil {
		t.Fatalf("take: got %v, want a ticket", err)
	}
	return given
}

func throttled(after time.Duration) outcome {
	return outcome{status: http.StatusTooManyRequests, retryAfter: after}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	t.Run("OfOneUserClosesItsLane", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			o.settle(ask(t, o, "user_a"), throttled(7*time.Second))
			_, err := o.take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}, "", "user_a")
			if wait, ok := errors.AsType[*WaitError](err); !ok || time.Until(wait.At) != 7*time.Second {
				t.Errorf("the user's lane: got %v, want a wait of 7s", err)
			}
			ask(t, o, "user_b")
			ask(t, o, "")
			time.Sleep(7 * time.Second)
			ask(t, o, "user_a")
		})
	})
	t.Run("OfTwoUsersWithinASecondClosesTheInstance", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			a, b := ask(t, o, "user_a"), ask(t, o, "user_b")
			o.settle(a, throttled(5*time.Second))
			time.Sleep(900 * time.Millisecond)
			o.settle(b, throttled(5*time.Second))
			if wait := waitFor(t, o, "asker"); wait != 5*time.Second {
				t.Errorf("the instance: told to wait %v, want 5s", wait)
			}
		})
	})
	t.Run("OfTwoUsersApartClosesTheirLanes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			o.settle(ask(t, o, "user_a"), throttled(5*time.Second))
			time.Sleep(1100 * time.Millisecond)
			o.settle(ask(t, o, "user_b"), throttled(5*time.Second))
			ask(t, o, "")
		})
	})
	t.Run("OfOneUserTwiceClosesItsLane", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			first, second := ask(t, o, "user_a"), ask(t, o, "user_a")
			o.settle(first, throttled(5*time.Second))
			o.settle(second, throttled(2*time.Second))
			ask(t, o, "")
			_, err := o.take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}, "", "user_a")
			if wait, ok := errors.AsType[*WaitError](err); !ok || time.Until(wait.At) != 5*time.Second {
				t.Errorf("the user's lane: got %v, want a wait of 5s", err)
			}
		})
	})
	t.Run("OfAnythingElseClosesTheInstance", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			early, late := ask(t, o, ""), ask(t, o, "")
			o.settle(early, throttled(20*time.Second))
			// A shorter one does not open it earlier, and neither does an answer to a call that was under way.
			o.settle(late, throttled(time.Second))
			o.settle(ticket{}, outcome{status: http.StatusOK})
			if wait := waitFor(t, o, "asker"); wait != 20*time.Second {
				t.Errorf("told to wait %v, want 20s", wait)
			}
		})
	})
	t.Run("HoldsBackThoseWithAReservation", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
			exhaust(t, o)
			wait := waitFor(t, o, "mine")
			o.settle(ticket{}, throttled(30*time.Second))
			time.Sleep(wait)
			if left := waitFor(t, o, "mine"); left < 30*time.Second-wait {
				t.Errorf("let through %v before the instance opens", 30*time.Second-wait-left)
			}
			waitFor(t, o, "late")
			o.settle(ticket{}, throttled(60*time.Second))
			if mine, late := waitFor(t, o, "mine"), waitFor(t, o, "late"); mine < 60*time.Second || late <= mine {
				t.Errorf("told to wait %v and %v, want 60s or more, and the first to go first", mine, late)
			}
		})
	})
	t.Run("LetsThoseWhoWaitedBackOneByOne", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			const budget = 100
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: budget})
			for i := range 200 {
				waitFor(t, o, fmt.Sprint("before", i))
			}
			o.settle(ticket{}, throttled(30*time.Second))
			start := time.Now()
			given := drain(o, 300, 2*time.Minute, time.Second)
			if at := given[0].Sub(start); at < 30*time.Second {
				t.Errorf("the first ticket came %v after the 429", at)
			}
			if most := mostWithin(given, windowLength); most > budget {
				t.Errorf("%d tickets within %v, the budget is %d", most, windowLength, budget)
			}
		})
	})
	t.Run("OfManyUsersOverTimeIsForgotten", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			for i := range 100 {
				o.settle(ask(t, o, fmt.Sprint("user_", i)), throttled(2*time.Second))
				time.Sleep(1500 * time.Millisecond)
			}
			if n := len(o.lanes.closedUntil); n > 3 {
				t.Errorf("%d lanes are remembered, want those that are closed", n)
			}
		})
	})
}

func TestNewBudgetHoldsForTheBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
		for _, budget := range []int{100, 10, 500} {
			o.SetRequestsPer10s(budget)
			time.Sleep(time.Minute)
			burst := 0
			for waitFor(t, o, "asker") == 0 {
				burst++
			}
			if burst != budget/10 {
				t.Errorf("%d at once from a budget of %d, want a tenth", burst, budget)
			}
		}
	})
}

func TestAnOfficeThatIsToldItsBudgetLaterStartsWithItsBurst(t *testing.T) {
	t.Parallel()
	o := NewRateLimiter(RateLimiterConfig{Now: at})
	o.SetRequestsPer10s(100)
	for i := range 10 {
		if err := o.Take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}); err != nil {
			t.Fatalf("ticket %d: %v", i, err)
		}
	}
	o.SetRequestsPer10s(200)
	if err := o.Take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}); err == nil {
		t.Error("a new budget gave back what was spent")
	}
}

func TestTicketsGivenOutAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 50})
		drain(o, 10, 5*time.Minute, 0)
		if n := len(o.queue.window.given); n > 50 {
			t.Errorf("%d tickets are remembered, the budget is 50", n)
		}
	})
}

func TestLaneOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ method, path, want string }{
		"PatchOfAUser":            {http.MethodPatch, "/users/user_1a", "user_1a"},
		"PatchOfMetadata":         {http.MethodPatch, "/users/user_1a/metadata", "user_1a"},
		"PutOfMetadata":           {http.MethodPut, "/users/user_1a/metadata", "user_1a"},
		"ReadOfAUserHasNone":      {http.MethodGet, "/users/user_1a", ""},
		"BanHasNone":              {http.MethodPost, "/users/user_1a/ban", ""},
		"DeletionHasNone":         {http.MethodDelete, "/users/user_1a", ""},
		"CreationHasNone":         {http.MethodPost, "/users", ""},
		"PutOfAnAddressHasNone":   {http.MethodPut, "/users/user_1a/email_address", ""},
		"NewAddressHasNone":       {http.MethodPost, "/email_addresses", ""},
		"PatchOfAnAddressHasNone": {http.MethodPatch, "/email_addresses/idn_1", ""},
		"NoAddressMoreHasNone":    {http.MethodDelete, "/email_addresses/idn_1", ""},
		"PatchOfANumberHasNone":   {http.MethodPatch, "/phone_numbers/idn_1", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := laneOf(test.method, test.path); got != test.want {
				t.Errorf("laneOf(%s %s) = %q, want %q", test.method, test.path, got, test.want)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key             string
		share, requests *int32
		want            int
	}{
		"HalfOfProduction":              {key: "sk_live_x", want: 500},
		"HalfOfDevelopment":             {key: "sk_test_x", want: 50},
		"UnknownKeyCountsAsDevelopment": {key: "x", want: 50},
		"Share":                         {key: "sk_live_x", share: new(int32(25)), want: 250},
		"WholeShare":                    {key: "sk_test_x", share: new(int32(100)), want: 100},
		"ShareAbove100":                 {key: "sk_test_x", share: new(int32(1000)), want: 100},
		"ShareOfNothingIsOne":           {key: "sk_test_x", share: new(int32(0)), want: 1},
		"NegativeShareIsOne":            {key: "sk_test_x", share: new(int32(-5)), want: 1},
		"Requests":                      {key: "sk_test_x", requests: new(int32(33)), want: 33},
		"NoRequestsIsOne":               {key: "sk_test_x", requests: new(int32(0)), want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Budget(test.key, test.share, test.requests); got != test.want {
				t.Errorf("Budget = %d, want %d", got, test.want)
			}
		})
	}
}
