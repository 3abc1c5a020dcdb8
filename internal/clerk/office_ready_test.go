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

// readyFor returns how long a caller that says it is ready has to wait; 0 is a ticket that is kept for it.
func readyFor(t *testing.T, o *RateLimiter, key string) time.Duration {
	t.Helper()
	err := o.ready(ratelimit.Caller{ID: key, Level: ratelimit.Interactive}, "")
	if err == nil {
		return 0
	}
	wait, ok := errors.AsType[*WaitError](err)
	if !ok {
		t.Fatalf("ready: got %v, want a ticket or a time", err)
	}
	return time.Until(wait.At)
}

func TestReady(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, o *RateLimiter){
		"IsPaidForOnce": func(t *testing.T, o *RateLimiter) {
			for i := range 5 {
				if wait := readyFor(t, o, "mine"); wait != 0 {
					t.Fatalf("asked for the %dth time: told to wait %v", i, wait)
				}
			}
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Fatalf("the call: told to wait %v", wait)
			}
			// A full bucket has two.
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("the second call: told to wait %v", wait)
			}
			if wait := waitFor(t, o, "mine"); wait == 0 {
				t.Error("the third call got a ticket")
			}
			if used := len(o.queue.window.given); used != 2 {
				t.Errorf("%d calls count, want 2", used)
			}
		},
		"IsToldWhenToComeAndFindsItsTicketThen": func(t *testing.T, o *RateLimiter) {
			exhaust(t, o)
			wait := readyFor(t, o, "mine")
			if wait <= 0 {
				t.Fatal("got a ticket although the budget is used up")
			}
			waitFor(t, o, "another")
			time.Sleep(wait)
			if left := readyFor(t, o, "mine"); left != 0 {
				t.Errorf("came back when told, has to wait another %v", left)
			}
			if left := waitFor(t, o, "mine"); left != 0 {
				t.Errorf("the call has to wait another %v", left)
			}
		},
		"KeepsItsTicketForSeconds": func(t *testing.T, o *RateLimiter) {
			readyFor(t, o, "mine")
			exhaust(t, o)
			time.Sleep(holding - time.Nanosecond)
			for range 100 {
				waitFor(t, o, "greedy")
			}
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
		},
		"IsKeptForLongerWhenAskedAgain": func(t *testing.T, o *RateLimiter) {
			for range 10 {
				readyFor(t, o, "mine")
				time.Sleep(holding / 2)
			}
			exhaust(t, o)
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
			time.Sleep(holding)
			waitFor(t, o, "another")
			if n := len(o.queue.held); n != 0 {
				t.Errorf("%d tickets are held, want none", n)
			}
		},
		"IsForgottenWhenItsCallDoesNotCome": func(t *testing.T, o *RateLimiter) {
			readyFor(t, o, "mine")
			time.Sleep(holding)
			exhaust(t, o)
			if wait := readyFor(t, o, "mine"); wait == 0 {
				t.Error("still has its ticket")
			}
			if held := o.queue.window.held; held != 0 {
				t.Errorf("room is kept for %d tickets", held)
			}
		},
		"IsHeldBackByA429": func(t *testing.T, o *RateLimiter) {
			readyFor(t, o, "first")
			readyFor(t, o, "mine")
			waitFor(t, o, "first")
			o.settle(ticket{}, throttled(3*time.Second))
			if wait := waitFor(t, o, "mine"); wait != 3*time.Second {
				t.Errorf("told to wait %v, want 3s", wait)
			}
			time.Sleep(3 * time.Second)
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("told to wait another %v", wait)
			}
			if held := o.queue.window.held; held != 0 {
				t.Errorf("room is kept for %d tickets", held)
			}
		},
		"WaitsLikeAllAfterA429": func(t *testing.T, o *RateLimiter) {
			readyFor(t, o, "mine")
			o.settle(ticket{}, throttled(3*time.Second))
			time.Sleep(waitFor(t, o, "mine"))
			waitFor(t, o, "another")
			time.Sleep(grace)
			exhaust(t, o)
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("came back %v late, told to wait %v", grace, wait)
			}
		},
		"TakesTheRoomOfOthers": func(t *testing.T, o *RateLimiter) {
			o.SetRequestsPer10s(1)
			readyFor(t, o, "mine")
			time.Sleep(holding - time.Second)
			if wait := waitFor(t, o, "another"); wait < time.Second {
				t.Errorf("told to wait %v beside a call that may come any moment", wait)
			}
			if wait := waitFor(t, o, "mine"); wait != 0 {
				t.Errorf("told to wait %v", wait)
			}
		},
		"HoldsToABudgetThatIsLowered": func(t *testing.T, o *RateLimiter) {
			readyFor(t, o, "a")
			readyFor(t, o, "b")
			o.SetRequestsPer10s(1)
			if a, b := waitFor(t, o, "a"), waitFor(t, o, "b"); min(a, b) < time.Second {
				t.Errorf("told to wait %v and %v, and only one fits", a, b)
			}
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, NewRateLimiter(RateLimiterConfig{RequestsPer10s: 20})) })
		})
	}
}

func TestReadyIsAProbeOfARefusedKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		unauthorized := outcome{status: http.StatusUnauthorized}
		w.settle(ask(t, w.RateLimiter, ""), unauthorized)
		mine := ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive}
		if _, ok := errors.AsType[*KeyRefusedError](w.ready(mine, "")); !ok {
			t.Fatal("a refused key is ready")
		}
		time.Sleep(firstProbe)
		if err := w.ready(mine, ""); err != nil {
			t.Fatalf("the probe is not ready: %v", err)
		}
		if _, closed := w.closedFor(t); closed == 0 {
			t.Error("a second call got through beside the probe")
		}
		probe, err := w.take(mine, "", "")
		if err != nil {
			t.Fatalf("the probe is not let through: %v", err)
		}
		w.settle(probe, unauthorized)
		if _, closed := w.closedFor(t); closed != 2*firstProbe {
			t.Errorf("closed for %v, want %v", closed, 2*firstProbe)
		}
		time.Sleep(2 * firstProbe)
		if err := w.ready(mine, ""); err != nil {
			t.Fatal(err)
		}
		// Its call does not come.
		time.Sleep(holding)
		if _, ok := errors.AsType[*KeyRefusedError](w.ready(mine, "")); !ok {
			t.Error("a second probe got through too early")
		}
		time.Sleep(probeTime)
		if err := w.ready(mine, ""); err != nil {
			t.Fatal(err)
		}
		probe, err = w.take(mine, "", "")
		if err != nil {
			t.Fatal(err)
		}
		w.settle(probe, outcome{status: http.StatusOK})
		w.told(t, 1, 1)
	})
}

// TestBudgetIsNeverExceededByTicketsTakenAhead lets callers ask whether they are ready, and some of them call, later.
func TestBudgetIsNeverExceededByTicketsTakenAhead(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 7, 50, 500} {
		for _, delay := range []time.Duration{10 * time.Millisecond, 3 * time.Second} {
			t.Run(fmt.Sprint(budget, "After", delay), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const lasting = 5 * time.Minute
					o := NewRateLimiter(RateLimiterConfig{RequestsPer10s: budget})
					var mu sync.Mutex
					var given []time.Time
					var all sync.WaitGroup
					end := time.Now().Add(lasting)
					for worker := range 2*budget + 8 {
						all.Go(func() {
							random := rand.New(rand.NewPCG(2, uint64(worker)))
							key := fmt.Sprint(worker)
							for time.Now().Before(end) {
								if wait := readyFor(t, o, key); wait > 0 {
									time.Sleep(wait)
									continue
								}
								time.Sleep(time.Duration(random.Int64N(int64(delay))))
								if random.IntN(20) == 0 {
									time.Sleep(holding)
									continue
								}
								if wait := waitFor(t, o, key); wait != 0 {
									t.Errorf("was ready, and has to wait %v", wait)
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
						t.Errorf("%d tickets within %v, the budget is %d", most, windowLength, budget)
					}
					if least := int(lasting/windowLength) * budget * 2 / 3; len(given) < least-1 {
						t.Errorf("%d tickets, want at least %d", len(given), least)
					}
				})
			})
		}
	}
}

func TestReadyClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		office := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
		c, err := New(Config{Key: testKey, RateLimiter: office, Transport: failing{}})
		if err != nil {
			t.Fatal(err)
		}
		mine, other := c.For(ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive}), c.For(ratelimit.Caller{ID: "other", Level: ratelimit.Interactive})
		if err := mine.Reserve(); err != nil {
			t.Fatal(err)
		}
		if _, waiting := Waiting(other.Reserve()); !waiting {
			t.Error("two are ready for one ticket")
		}
		_, err = mine.CountUsers(t.Context())
		if _, waiting := Waiting(err); waiting || err == nil {
			t.Errorf("got %v, want that the call was made", err)
		}
	})
}
