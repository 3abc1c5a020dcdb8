// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waitFor returns how long a caller has to wait for a token; 0 means that it got one.
func waitFor(t *testing.T, l *Limiter, id string) time.Duration {
	t.Helper()
	return waitOn(t, l, id, "")
}

// waitOn returns how long a caller has to wait for a token for a call on a user; 0 means that it got one.
func waitOn(t *testing.T, l *Limiter, id, user string) time.Duration {
	t.Helper()
	at, ok := l.Take(Caller{ID: id, Level: Interactive}, "", user)
	if ok {
		return 0
	}
	if !at.After(time.Now()) {
		t.Errorf("no token, and told to come again at %v, which is not in the future", at)
	}
	return time.Until(at)
}

// mustTake takes a token that must be available.
func mustTake(t *testing.T, l *Limiter, user string) {
	t.Helper()
	if wait := waitOn(t, l, "asker", user); wait != 0 {
		t.Fatalf("told to wait %v, want a token", wait)
	}
}

// exhaust takes tokens until there are none.
func exhaust(t *testing.T, l *Limiter) {
	t.Helper()
	for waitFor(t, l, "other") == 0 {
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

// drain makes workers take tokens for a while and returns the times of the tokens, in order. Each worker retries at the
// given time, late by up to the delay.
func drain(l *Limiter, workers int, lasting, delay time.Duration) []time.Time {
	var mu sync.Mutex
	var given []time.Time
	var all sync.WaitGroup
	end := time.Now().Add(lasting)
	for worker := range workers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for call := 0; time.Now().Before(end); {
				// Each token is another object's, as in an operator that creates many.
				at, ok := l.Take(Caller{ID: fmt.Sprintf("object-%d-%d", worker, call), Level: Interactive}, "", "")
				if !ok {
					late := time.Duration(0)
					if delay > 0 {
						late = time.Duration(random.Int64N(int64(delay)))
					}
					time.Sleep(time.Until(at) + late)
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
					l := New(budget, time.Now)
					given := drain(l, 2*budget+8, lasting, delay)
					if most := mostWithin(given, windowLength); most > budget {
						t.Errorf("%d tokens within %v, the budget is %d", most, windowLength, budget)
					}
					percent := 95
					if delay > time.Second {
						// Callers that are this late make others wait, to stay within the budget.
						percent = 90
						if budget < 5 {
							// Two late ones are all that there is.
							percent = 85
						}
					}
					possible := int((lasting - delay) * time.Duration(budget) / windowLength)
					if least := possible*percent/100 - 1; len(given) < least {
						t.Errorf("%d tokens of %d possible, want at least %d", len(given), possible, least)
					}
				})
			})
		}
	}
}

func TestSeat(t *testing.T) {
	t.Parallel()
	t.Run("LeadsToATokenWhenItsCallerComesBack", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(10, time.Now)
			exhaust(t, l)
			wait := waitFor(t, l, "mine")
			if wait <= 0 {
				t.Fatal("got a token although the budget is used up")
			}
			if again := waitFor(t, l, "mine"); again != wait {
				t.Errorf("asked again, told to wait %v, first %v", again, wait)
			}
			// Many others join the queue; they must not move the seat back.
			for i := range 50 {
				waitFor(t, l, fmt.Sprint("later", i))
			}
			time.Sleep(wait)
			if left := waitFor(t, l, "mine"); left != 0 {
				t.Errorf("came back when told, has to wait another %v", left)
			}
			if next := waitFor(t, l, "mine"); next <= wait {
				t.Errorf("a second token after %v, before those who asked earlier", next)
			}
		})
	})
	t.Run("IsKeptUntilShortlyAfterItsTime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(10, time.Now)
			exhaust(t, l)
			wait := waitFor(t, l, "mine")
			for i := range 100 {
				waitFor(t, l, fmt.Sprint("later", i))
			}
			time.Sleep(wait + grace)
			if left := waitFor(t, l, "mine"); left != 0 {
				t.Errorf("came back %v late, has to wait another %v", grace, left)
			}
		})
	})
	t.Run("HasTheRoomThatItsCallerWasToldOf", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(50, time.Now)
			l.scheduler.window.add(time.Now(), Interactive)
			time.Sleep(time.Second)
			for range 49 {
				l.scheduler.window.add(time.Now(), Interactive)
			}
			time.Sleep(waitFor(t, l, "mine"))
			if wait := waitFor(t, l, "another"); wait < 900*time.Millisecond {
				t.Errorf("another one has to wait %v, and there is no more room for a second", wait)
			}
			time.Sleep(punctual / 2)
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("came back when told, has to wait another %v", wait)
			}
		})
	})
	t.Run("HasAnEnd", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			// With one other that asks every few seconds the end comes before, at and after the time of sweeping.
			for _, every := range []time.Duration{time.Second, 3 * time.Second, 4 * time.Second} {
				l := New(10, time.Now)
				exhaust(t, l)
				time.Sleep(waitFor(t, l, "mine"))
				for begin := time.Now(); time.Since(begin) <= grace; time.Sleep(every) {
					waitFor(t, l, fmt.Sprint("other", time.Since(begin)))
				}
				exhaust(t, l)
				if wait := waitFor(t, l, "mine"); wait == 0 {
					t.Errorf("with others every %v it still has its token", every)
				}
			}
		})
	})
	t.Run("IsForgottenWhenNobodyComes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(10, time.Now)
			for i := range 1000 {
				waitFor(t, l, fmt.Sprint("gone", i))
			}
			if n := len(l.scheduler.requests); n > 10*60 {
				t.Errorf("%d seats, more than there are tokens until the horizon", n)
			}
			time.Sleep(horizon + 2*grace)
			waitFor(t, l, "mine")
			if n := len(l.scheduler.requests); n != 0 {
				t.Errorf("%d seats are left of callers that never came back", n)
			}
			if n := len(l.scheduler.window.uses); n > 10 {
				t.Errorf("%d tokens are remembered, want no more than the budget", n)
			}
		})
	})
	t.Run("IsNeverFurtherAwayThanTheHorizon", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := New(1, time.Now)
			for i := range 1000 {
				if wait := waitFor(t, l, fmt.Sprint("key", i)); wait > horizon {
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
				l := New(test.before, time.Now)
				drain(l, 20, 30*time.Second, 0)
				l.SetRequestsPer10s(test.after)
				// What callers were told before still holds, at the new pace at most.
				drain(l, 20, time.Minute, 0)
				given := drain(l, 20, time.Minute, 0)
				want := max(1, test.after)
				if most := mostWithin(given, windowLength); most > want {
					t.Errorf("%d tokens within %v, the budget is %d", most, windowLength, want)
				}
				if len(given) < 6*want*90/100 {
					t.Errorf("%d tokens in a minute, the budget allows %d", len(given), 6*want)
				}
			})
		})
	}
}

func TestNewBudgetHoldsForTheBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(10, time.Now)
		for _, budget := range []int{100, 10, 500} {
			l.SetRequestsPer10s(budget)
			time.Sleep(time.Minute)
			burst := 0
			for waitFor(t, l, "asker") == 0 {
				burst++
			}
			if burst != budget/10 {
				t.Errorf("%d at once from a budget of %d, want a tenth", burst, budget)
			}
		}
	})
}

func TestALimiterThatGetsItsBudgetLaterStartsWithItsBurst(t *testing.T) {
	t.Parallel()
	l := New(0, func() time.Time { return time.Unix(0, 0) })
	l.SetRequestsPer10s(100)
	for i := range 10 {
		if _, ok := l.Take(Caller{ID: "asker", Level: Interactive}, "", ""); !ok {
			t.Fatalf("no token %d", i)
		}
	}
	l.SetRequestsPer10s(200)
	if _, ok := l.Take(Caller{ID: "asker", Level: Interactive}, "", ""); ok {
		t.Error("a new budget gave back what was spent")
	}
}

func TestTokensUsedAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(50, time.Now)
		drain(l, 10, 5*time.Minute, 0)
		if n := len(l.scheduler.window.uses); n > 50 {
			t.Errorf("%d tokens are remembered, the budget is 50", n)
		}
	})
}
