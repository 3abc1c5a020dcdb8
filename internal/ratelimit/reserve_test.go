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

// reserveFor returns how long a caller has to wait for a reserved token; 0 means that it got one.
func reserveFor(t *testing.T, l *Limiter, id string) time.Duration {
	t.Helper()
	at, ok := l.Reserve(Caller{ID: id, Level: Interactive}, "")
	if !ok {
		return time.Until(at)
	}
	if kept := time.Until(at); kept != reservation {
		t.Errorf("the token is kept for %v, want %v", kept, reservation)
	}
	return 0
}

func TestReserve(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, l *Limiter){
		"CountsOnce": func(t *testing.T, l *Limiter) {
			for i := range 5 {
				if wait := reserveFor(t, l, "mine"); wait != 0 {
					t.Fatalf("asked for the %dth time: told to wait %v", i, wait)
				}
			}
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Fatalf("the call: told to wait %v", wait)
			}
			// A full bucket has two.
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("the second call: told to wait %v", wait)
			}
			if wait := waitFor(t, l, "mine"); wait == 0 {
				t.Error("the third call got a token")
			}
			if used := len(l.scheduler.window.uses); used != 2 {
				t.Errorf("%d calls count, want 2", used)
			}
		},
		"IsToldWhenToComeAndFindsItsTokenThen": func(t *testing.T, l *Limiter) {
			exhaust(t, l)
			wait := reserveFor(t, l, "mine")
			if wait <= 0 {
				t.Fatal("got a token although the budget is used up")
			}
			waitFor(t, l, "another")
			time.Sleep(wait)
			if left := reserveFor(t, l, "mine"); left != 0 {
				t.Errorf("came back when told, has to wait another %v", left)
			}
			if left := waitFor(t, l, "mine"); left != 0 {
				t.Errorf("the call has to wait another %v", left)
			}
		},
		"KeepsItsTokenForSeconds": func(t *testing.T, l *Limiter) {
			reserveFor(t, l, "mine")
			exhaust(t, l)
			time.Sleep(reservation - time.Nanosecond)
			for range 100 {
				waitFor(t, l, "greedy")
			}
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
		},
		"IsKeptForLongerWhenAskedAgain": func(t *testing.T, l *Limiter) {
			for range 10 {
				reserveFor(t, l, "mine")
				time.Sleep(reservation / 2)
			}
			exhaust(t, l)
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
			time.Sleep(reservation)
			waitFor(t, l, "another")
			if n := len(l.scheduler.reservedRooms); n != 0 {
				t.Errorf("%d tokens are reserved, want none", n)
			}
		},
		"IsForgottenWhenItsCallDoesNotCome": func(t *testing.T, l *Limiter) {
			reserveFor(t, l, "mine")
			time.Sleep(reservation)
			exhaust(t, l)
			if wait := reserveFor(t, l, "mine"); wait == 0 {
				t.Error("still has its token")
			}
			if held := l.scheduler.window.kept; held != 0 {
				t.Errorf("room is kept for %d tokens", held)
			}
		},
		"WaitsWhenCallsAreThrottled": func(t *testing.T, l *Limiter) {
			reserveFor(t, l, "first")
			reserveFor(t, l, "mine")
			waitFor(t, l, "first")
			l.Throttle("", 3*time.Second)
			if wait := waitFor(t, l, "mine"); wait != 3*time.Second {
				t.Errorf("told to wait %v, want 3s", wait)
			}
			time.Sleep(3 * time.Second)
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("told to wait another %v", wait)
			}
			if held := l.scheduler.window.kept; held != 0 {
				t.Errorf("room is kept for %d tokens", held)
			}
		},
		"WaitsLikeAllAfterThat": func(t *testing.T, l *Limiter) {
			reserveFor(t, l, "mine")
			l.Throttle("", 3*time.Second)
			time.Sleep(waitFor(t, l, "mine"))
			waitFor(t, l, "another")
			time.Sleep(grace)
			exhaust(t, l)
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("came back %v late, told to wait %v", grace, wait)
			}
		},
		"TakesRoomFromOthers": func(t *testing.T, l *Limiter) {
			l.SetRequestsPer10s(1)
			reserveFor(t, l, "mine")
			time.Sleep(reservation - time.Second)
			if wait := waitFor(t, l, "another"); wait < time.Second {
				t.Errorf("told to wait %v beside a call that may come any moment", wait)
			}
			if wait := waitFor(t, l, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
		},
		"HoldsToABudgetThatIsLowered": func(t *testing.T, l *Limiter) {
			reserveFor(t, l, "a")
			reserveFor(t, l, "b")
			l.SetRequestsPer10s(1)
			if a, b := waitFor(t, l, "a"), waitFor(t, l, "b"); min(a, b) < time.Second {
				t.Errorf("told to wait %v and %v, and only one fits", a, b)
			}
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, New(20, time.Now)) })
		})
	}
}

// TestBudgetIsNeverExceededByReservedTokens makes callers reserve tokens, most of which are used later.
func TestBudgetIsNeverExceededByReservedTokens(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 7, 50, 500} {
		for _, delay := range []time.Duration{10 * time.Millisecond, 3 * time.Second} {
			t.Run(fmt.Sprint(budget, "After", delay), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const lasting = 5 * time.Minute
					l := New(budget, time.Now)
					var mu sync.Mutex
					var given []time.Time
					var all sync.WaitGroup
					end := time.Now().Add(lasting)
					for worker := range 2*budget + 8 {
						all.Go(func() {
							random := rand.New(rand.NewPCG(2, uint64(worker)))
							key := fmt.Sprint(worker)
							for time.Now().Before(end) {
								if wait := reserveFor(t, l, key); wait > 0 {
									time.Sleep(wait)
									continue
								}
								time.Sleep(time.Duration(random.Int64N(int64(delay))))
								if random.IntN(20) == 0 {
									time.Sleep(reservation)
									continue
								}
								if wait := waitFor(t, l, key); wait != 0 {
									t.Errorf("reserved a token, and has to wait %v", wait)
								}
								mu.Lock()
								given = append(given, time.Now())
								mu.Unlock()
							}
						})
					}
					all.Wait()
					slices.SortFunc(given, time.Time.Compare)
					if most := mostWithin(given, windowLength); most > budget {
						t.Errorf("%d tokens within %v, the budget is %d", most, windowLength, budget)
					}
					if least := int(lasting/windowLength) * budget * 2 / 3; len(given) < least-1 {
						t.Errorf("%d tokens, want at least %d", len(given), least)
					}
				})
			})
		}
	}
}
