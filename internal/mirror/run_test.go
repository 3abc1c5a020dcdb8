// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

var errDown = errors.New("no answer")

func TestFirstLoad(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		followed, others int
		want             string
	}{
		"NobodyFollows":           {0, 5, "count, changed"},
		"One":                     {1, 0, "count, changed, ids"},
		"AsManyAsAListHolds":      {100, 0, "count, changed, ids"},
		"OneMoreThanAListHolds":   {101, 0, "count, changed, walk"},
		"ManyAmongMore":           {250, 1000, "count, changed, ids x3"},
		"WalkSavesACall":          {250, 600, "count, changed, walk x2"},
		"WalkOfFullPages":         {300, 200, "count, changed, walk x2"},
		"ManyWithoutOthers":       {1000, 0, "count, changed, walk x3"},
		"FewAmongMany":            {3, 2000, "count, changed, ids"},
		"WalkThatSavesNothing":    {200, 600, "count, changed, ids x2"},
		"ListsWhereTheyAreFewer":  {199, 800, "count, changed, ids x2"},
		"LastPageOfAWalkIsPartly": {999, 1, "count, changed, walk x3"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.source.seed(0, tc.followed+tc.others)
				s.followAll(0, tc.followed)
				s.run(s.source)
				s.settle()
				s.source.wantCalls(t, tc.want)
				s.wantNotified(idsOf(0, tc.followed)...)
				s.wantView("first", idsOf(0, tc.followed)...)
				if r := s.Report(); r.Users == nil || *r.Users != int64(tc.followed+tc.others) || r.FullSyncs != 1 || r.IncrementalSyncs != 1 || r.Stale {
					t.Errorf("the report is %+v", r)
				}
				if n := s.counted(&s.reported); n != 1 {
					t.Errorf("reported %d times, want once for the count", n)
				}
			})
		})
	}
}

func TestNothingIsReadBeforeFollow(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(0, 3)
		s.run(s.source)
		s.wait(time.Hour)
		s.wantView("pending", idOf(0))
		s.wait(time.Hour)
		s.source.wantCalls(t, "")
		s.Follow(nil)
		s.settle()
		s.source.wantCalls(t, "count, changed, ids")
		s.wantView("first", idOf(0))
	})
}

func TestLateFollowersAreReadTogether(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(10)
		s.source.seed(10, 300)
		for _, id := range idsOf(10, 260) {
			s.wantView("pending", id)
			time.Sleep(gather / 1000)
		}
		if r := s.Report(); r.Followed != 260 || r.Pending != 250 {
			t.Errorf("the report is %+v", r)
		}
		s.settle()
		s.source.wantCalls(t, "ids x3")
		s.wantNotified(idsOf(10, 260)...)
		s.wantView("first", idsOf(0, 260)...)

		s.followAll(260, 300)
		s.settle()
		s.source.wantCalls(t, "ids")
		s.wantNotified(idsOf(260, 300)...)
		s.followAll(0, 300)
		s.settle()
		s.source.wantCalls(t, "")
	})
}

func TestUserIsAskedForOnceHoweverOftenItIsFollowed(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(1)
		s.source.seed(1, 3)
		for range 5 {
			s.Look("a", idOf(1))
			s.Look("b", idOf(2))
			s.Unbind("a")
		}
		s.Look("a", idOf(1))
		s.Look("gone", idOf(9))
		s.Unbind("gone")
		s.settle()
		calls := s.source.takeCalls()
		if len(calls) != 1 || !slices.Equal(calls[0].ids, []string{idOf(1), idOf(2)}) {
			t.Errorf("the calls were %v, want one for both users", calls)
		}
	})
}

func TestAnHourOfSilence(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 250} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.source.seed(n, n+2000)
				s.load(n)
				for hour := range 3 {
					s.wait(time.Hour)
					got := s.source.tally()
					want := map[string]int{"changed": 60, "count": 1}
					if lists := calls(n, 100); lists > 0 {
						want["ids"] = lists
					}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("in hour %d the calls were %v, want %v", hour, got, want)
					}
				}
				s.wantNotified()
				if r := s.Report(); r.IncrementalSyncs != 181 || r.FullSyncs != 4 || r.IncrementalSyncOverruns != 0 {
					t.Errorf("the report is %+v", r)
				}
				r := s.Report()
				if age := time.Since(r.LastIncrementalSync); age > time.Minute+time.Second || r.Interval != time.Minute {
					t.Errorf("the last incremental sync began %v ago, with an interval of %v", age, r.Interval)
				}
				if age := time.Since(r.LastFullSync); age > time.Minute || r.FullInterval != time.Hour {
					t.Errorf("the last full sync began %v ago, with an interval of %v", age, r.FullInterval)
				}
				if n := s.counted(&s.fullSyncs); n != 3 {
					t.Errorf("notified %d times of a full sync, want 3: not of the first", n)
				}
				if age := time.Since(s.LastFullSync()); age > time.Minute {
					t.Errorf("compared %s ago", age)
				}
			})
		})
	}
}

func TestFailures(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(3)
		began := time.Now()
		s.source.set(func(s *source) { s.fault = func(call) error { return errDown } })
		var staleAfter time.Duration
		for !s.Report().Stale {
			s.wait(time.Second)
			staleAfter = time.Since(began)
			if staleAfter > time.Hour {
				t.Fatal("never stale")
			}
		}
		var gaps []time.Duration
		failures := s.source.takeCalls()
		for i := 1; i < len(failures); i++ {
			gaps = append(gaps, failures[i].at.Sub(failures[i-1].at))
		}
		// The first incremental sync is due a minute after the load.
		if failing := staleAfter - time.Minute; failing < 2*time.Minute || failing > 3*time.Minute+time.Second {
			t.Errorf("stale after %s of failures, want two intervals or a little more", failing)
		}
		want := []int{1, 2, 4, 8, 16, 32, 60}
		for i, gap := range gaps[:len(want)] {
			if gap != time.Duration(want[i])*time.Second {
				t.Errorf("the gaps are %v, want %v seconds", gaps, want)
				break
			}
		}
		if n := s.counted(&s.reported); n != 2 {
			t.Errorf("reported %d times, want twice", n)
		}
		s.wantView("first", idsOf(0, 3)...)
		s.wantNotified()

		s.source.set(func(s *source) { s.fault = nil })
		s.wait(2 * time.Minute)
		if r := s.Report(); r.Stale || r.IncrementalSyncs < 3 {
			t.Errorf("after recovery the report is %+v", r)
		}
		if n := s.counted(&s.reported); n != 3 {
			t.Errorf("reported %d times, want three times", n)
		}
	})
}

func TestAFewFailuresAreNotStale(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(3)
		failed := 0
		s.source.set(func(s *source) {
			s.fault = func(call) error {
				if failed++; failed%4 != 0 {
					return errDown
				}
				return nil
			}
		})
		for range 3600 {
			s.wait(time.Second)
			if s.Report().Stale {
				t.Fatalf("stale after %d failures with answers in between", failed)
			}
		}
		if r := s.Report(); r.IncrementalSyncs < 50 {
			t.Errorf("the report is %+v", r)
		}
	})
}

func TestTwoFailuresInALongTimeAreNotStale(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(1)
		s.SetIntervals(time.Second, time.Hour)
		s.source.set(func(s *source) { s.latency, s.fault = 10*time.Second, func(call) error { return errDown } })
		s.wait(22 * time.Second)
		if got := s.source.tally()["changed"]; got != 2 && got != 3 || s.Report().Stale {
			t.Fatalf("after %d failed incrementalRetries the report is %+v", got, s.Report())
		}
		s.wait(11 * time.Second)
		if !s.Report().Stale {
			t.Errorf("after the third failure the report is %+v", s.Report())
		}
	})
}

func TestWaitingForATokenIsNoFailure(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(3)
		s.source.set(func(s *source) {
			s.fault = func(c call) error { return &clerk.WaitError{At: c.at.Add(7 * time.Second)} }
		})
		s.wait(time.Hour)
		if r := s.Report(); r.Stale || r.IncrementalSyncs != 1 {
			t.Errorf("the report is %+v", r)
		}
		if got := s.source.tally()["changed"]; got < 500 || got > 510 {
			t.Errorf("%d calls in an hour, want one in 7 seconds", got)
		}
		s.source.set(func(s *source) {
			s.fault = func(c call) error { return &clerk.Error{Status: 429, RetryAt: c.at.Add(30 * time.Minute)} }
		})
		s.wait(29 * time.Minute)
		if got := s.source.tally()["changed"]; got > 32 {
			t.Errorf("%d calls in half an hour, want no more than one a minute", got)
		}
		// A time in the past is no reason to repeat the call without a pause.
		s.source.set(func(s *source) { s.fault = func(call) error { return &clerk.WaitError{} } })
		s.wait(2 * time.Minute)
		s.source.takeCalls()
		s.wait(10 * time.Second)
		if got := s.source.tally()["changed"]; got > 201 {
			t.Errorf("%d calls in 10 seconds", got)
		}
	})
}

// Every second call has to wait, as if there were one token at a time.
func TestNothingIsAskedTwiceForLackOfTokens(t *testing.T) {
	t.Parallel()
	faults := map[string]func(c call) error{
		"Waiting":  func(c call) error { return &clerk.WaitError{At: c.at.Add(3 * time.Second)} },
		"Failing":  func(call) error { return errDown },
		"Throttle": func(c call) error { return &clerk.Error{Status: 429, RetryAt: c.at.Add(time.Second)} },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				var answered []string
				n := 0
				s.source.fault = func(c call) error {
					if n++; n%2 == 1 {
						return fault(c)
					}
					answered = append(answered, fmt.Sprint(c.kind, c.offset, c.after, len(c.ids), append(c.ids, "")[0]))
					return nil
				}
				s.source.seed(0, 3000)
				s.followAll(0, 450)
				s.run(s.source)
				s.wait(50 * time.Second)
				s.wantView("first", idsOf(0, 450)...)
				for i := range 350 {
					s.source.rename(idOf(2000+i), "other")
				}
				s.wait(time.Minute)
				seen := map[string]int{}
				for _, one := range answered {
					seen[one]++
				}
				want := map[string]int{
					"count00": 1, "changed00": 2, "changed1000": 1, "changed2000": 1, "changed3000": 1,
					"ids0100" + idOf(0): 1, "ids0100" + idOf(100): 1, "ids0100" + idOf(200): 1, "ids0100" + idOf(300): 1, "ids050" + idOf(400): 1,
				}
				if fmt.Sprint(seen) != fmt.Sprint(want) {
					t.Errorf("answered calls:\n%v, want\n%v", seen, want)
				}
			})
		})
	}
}

// One kind of call always fails; the other one continues.
func TestIncrementalAndFullSyncDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"changed", "ids", "count"} {
		t.Run(broken, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.load(3)
				s.source.set(func(s *source) {
					s.fault = func(c call) error {
						if c.kind == broken {
							return errDown
						}
						return nil
					}
				})
				s.wait(3 * time.Hour)
				r := s.Report()
				if compared := r.FullSyncs - 1; broken == "changed" && compared < 2 {
					t.Errorf("the report is %+v, want full listingRetries", r)
				}
				if broken != "changed" && r.IncrementalSyncs < 150 {
					t.Errorf("the report is %+v, want incrementalRetries", r)
				}
			})
		})
	}
}

func TestAnotherRunContinuesWhereTheLastOneStopped(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.latency = time.Second
		s.source.seed(0, 2000)
		s.followAll(0, 350)
		s.run(s.source)
		s.wait(4500 * time.Millisecond)
		s.source.wantCalls(t, "count, changed, ids x3")
		s.stop()
		s.wait(10 * time.Minute)
		s.source.wantCalls(t, "")

		second := newSource(time.Now)
		second.histories = s.source.histories
		s.run(second)
		s.settle()
		// The list under way was cancelled; the incremental sync is due.
		if got := summary(second.takeCalls()); got != "changed, ids x2" {
			t.Errorf("the second source was asked for %q", got)
		}
		s.source.wantCalls(t, "")
		s.wantView("first", idsOf(0, 350)...)
		s.stop()
		s.wait(2 * time.Hour)
		s.run(second)
		s.settle()
		if got := summary(second.takeCalls()); got != "changed, count, ids x4" {
			t.Errorf("after two hours it was asked for %q", got)
		}
	})
}

func TestOneRunAtATime(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(3)
		first := s.stop
		second := newSource(time.Now)
		s.run(second)
		s.wait(10 * time.Minute)
		if n := len(second.takeCalls()); n != 0 {
			t.Errorf("the second run made %d calls beside the first", n)
		}
		s.stop()
		s.run(second)
		first()
		s.wait(10 * time.Minute)
		if n := len(second.takeCalls()); n != 10 {
			t.Errorf("%d calls after the first ended, want 10 incrementalRetries", n)
		}
	})
}

// If Run did not return, virtual time would stand still and the test would end with a deadlock.
func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	tests := map[string]func(s *environment){
		"BeforeFollow":   func(s *environment) { s.run(s.source) },
		"WhileItRests":   func(s *environment) { s.load(3); s.wait(10 * time.Second) },
		"WhileItGathers": func(s *environment) { s.load(3); s.Look("new", idOf(9)); s.wait(gather / 2) },
		"InTheMidstOfCall": func(s *environment) {
			s.load(3)
			s.source.set(func(s *source) { s.latency = time.Hour })
			s.wait(time.Minute + time.Second)
		},
		"WhileItBacksOff": func(s *environment) {
			s.load(3)
			s.source.set(func(s *source) { s.fault = func(call) error { return errDown } })
			s.wait(time.Hour)
		},
		"WhileItWaitsForATicket": func(s *environment) {
			s.load(3)
			s.source.set(func(s *source) {
				s.fault = func(c call) error { return &clerk.WaitError{At: c.at.Add(time.Hour)} }
			})
			s.wait(time.Minute + time.Second)
		},
		"BehindAnotherRun": func(s *environment) {
			s.load(3)
			first := s.stop
			s.run(s.source)
			s.wait(time.Minute)
			second := s.stop
			s.stop = func() { second(); first() }
		},
		"BeforeItBegan": func(s *environment) {
			s.Follow(nil)
			ctx, cancel := context.WithCancel(s.t.Context())
			cancel()
			s.Run(ctx, s.source, instanceID)
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				prepare(s)
				asked := time.Now()
				s.stop()
				if took := time.Since(asked); took != 0 {
					t.Errorf("it took %s", took)
				}
				calls := len(s.source.takeCalls())
				s.wait(3 * time.Hour)
				if more := len(s.source.takeCalls()); more != 0 {
					t.Errorf("%d calls before and %d after the end", calls, more)
				}
			})
		})
	}
}

// In real time and not in parallel, because it counts all goroutines.
func TestNoGoroutineIsLeft(t *testing.T) {
	clerkSource := newSource(time.Now)
	clerkSource.seed(0, 250)
	m := New(Config{Now: time.Now})
	for _, id := range idsOf(0, 250) {
		m.Look(id, id)
	}
	m.Follow(nil)
	before := runtime.NumGoroutine()
	for round := range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		var runs sync.WaitGroup
		for range 2 {
			runs.Go(func() { m.Run(ctx, clerkSource, instanceID) })
		}
		if round%2 == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		runs.Wait()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	if r := m.Report(); r.Pending != 0 {
		t.Errorf("the report is %+v", r)
	}
}

func TestIntervals(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(3)
		s.SetIntervals(10*time.Minute, 2*time.Hour)
		s.wait(4 * time.Hour)
		if got := fmt.Sprint(s.source.tally()); got != "map[changed:24 count:2 ids:2]" {
			t.Errorf("the calls were %s", got)
		}
		s.SetIntervals(time.Second, time.Minute)
		s.wait(time.Minute + time.Second)
		got := s.source.tally()
		if got["changed"] < 60 || got["changed"] > 62 || got["count"] != 1 {
			t.Errorf("the calls were %v, want an incremental sync each second and one listing", got)
		}
	})
}

func TestAClockThatIsPutForwardIsNoticed(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.SetIntervals(10*time.Minute, 10*time.Hour)
		s.load(3)
		s.putForward(10 * time.Minute)
		s.wait(time.Minute + gather)
		s.source.wantCalls(t, "changed")
		s.putForward(10 * time.Hour)
		s.wait(time.Minute + gather)
		s.source.wantCalls(t, "count, changed, ids")

		s.source.set(func(s *source) {
			s.fault = func(call) error { return &clerk.WaitError{At: time.Now().Add(12 * time.Hour)} }
		})
		s.putForward(10 * time.Minute)
		s.wait(2 * time.Minute)
		s.source.set(func(s *source) { s.fault = nil })
		s.source.takeCalls()
		s.putForward(11 * time.Hour)
		s.wait(time.Minute + gather)
		s.source.wantCalls(t, "count, changed, ids")
	})
}

func TestHooksAreOptional(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		from := newSource(time.Now)
		from.seed(0, 10)
		m := New(Config{Now: time.Now})
		userIDs := map[string]string{}
		for _, id := range idsOf(0, 10) {
			userIDs[id] = id
		}
		m.Follow(following(userIDs))
		go m.Run(ctx, from, instanceID)
		time.Sleep(time.Second)
		from.set(func(s *source) { s.instanceID = "ins_2" })
		from.remove(idsOf(0, 10)...)
		time.Sleep(3 * time.Hour)
		if r := m.Report(); !r.Stale {
			t.Errorf("the report is %+v", r)
		}
	})
}

func TestSyncNowDoesNotWaitForTheInterval(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.SetIntervals(10*time.Minute, 10*time.Hour)
		s.load(3)
		s.source.rename(idOf(1), "changed")
		s.SyncNow(false)
		s.settle()
		s.source.wantCalls(t, "changed")
		s.wantNotified(idOf(1))
		s.SyncNow(true)
		s.settle()
		s.source.wantCalls(t, "count, changed, ids")
		if r := s.Report(); r.IncrementalSyncs != 3 || r.FullSyncs != 2 {
			t.Errorf("the report is %+v", r)
		}
		// The intervals are unchanged.
		s.wait(9 * time.Minute)
		s.source.wantCalls(t, "")
		s.wait(2 * time.Minute)
		s.source.wantCalls(t, "changed")
	})
}

func TestSyncNowIsFullWhileNoIncrementalSyncIsPossible(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(10, 2000)
		s.load(3)
		s.source.renameAll(100, 1900, "other")
		s.wait(2 * time.Minute)
		s.source.takeCalls()
		s.SyncNow(false)
		s.settle()
		s.source.wantCalls(t, "count, changed, ids")
	})
}
