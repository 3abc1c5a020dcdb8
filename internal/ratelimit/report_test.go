// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// wantReport compares a report. Tokens differ by less than the refill of a millisecond.
func wantReport(t *testing.T, when string, l *Limiter, want Report) {
	t.Helper()
	if diff := cmp.Diff(want, l.Report(), cmpopts.EquateApprox(0, 0.02)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(100, time.Now)
		want := Report{RequestsPerSecond: 10, Tokens: 10, MaxTokens: 10}
		wantReport(t, "at the start", l, want)
		mustTake(t, l, "")
		want.Tokens = 9
		wantReport(t, "after a call", l, want)
		if _, ok := l.Reserve(Caller{ID: "reserved", Level: Drift}, ""); !ok {
			t.Fatal("there is no token")
		}
		want.Tokens = 8
		wantReport(t, "with a reserved token", l, want)
		time.Sleep(time.Minute)
		want.Tokens = 10
		wantReport(t, "after a minute", l, want)
		l.SetRequestsPer10s(1000)
		wantReport(t, "with another limit", l, Report{RequestsPerSecond: 100, Tokens: 100, MaxTokens: 100})
	})
}

func TestReportCountsWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(100, time.Now)
		exhaust(t, l)
		// One caller of exhaust is left without a token.
		for i, level := range []PriorityLevel{Interactive, Interactive, Drift, Drift, Drift, Background} {
			if _, ok := l.Take(Caller{ID: fmt.Sprint("waits-", i), Level: level}, "", ""); ok {
				t.Fatal("there is a token")
			}
		}
		if got := l.Report(); got.Waiting != [...]int{Background: 1, Drift: 3, Interactive: 3} || got.Tokens >= 1 {
			t.Errorf("report is %+v", got)
		}
		time.Sleep(time.Minute)
		if got := l.Report(); got.Waiting != [...]int{0, 0, 0} {
			t.Errorf("callers that never came again still wait: %+v", got)
		}
	})
}

// The window allows fewer calls than the bucket after a burst that follows a steady use of the whole limit.
func TestReportedTokensFitIntoTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, delayed := New(100, time.Now), false
		for range 20_000 {
			tokens := l.Report().Tokens
			_, ok := l.Take(Caller{ID: "asker", Level: Interactive}, "", "")
			if ok != (tokens > 1-1e-4) {
				t.Fatalf("a token was granted: %t, with %v tokens reported", ok, tokens)
			}
			if !ok {
				delayed = delayed || l.scheduler.bucket.TokensAt(time.Now()) >= 1
				l.Forget("")
				time.Sleep(time.Millisecond * time.Duration(1+rand.IntN(300)))
			}
		}
		if !delayed {
			t.Error("the window never had less room than the bucket had tokens")
		}
	})
}

// After a steady use of nearly the whole limit the bucket is full, and the window has room for three calls.
func TestReservedTokensTakeRoomOfTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, want := New(100, time.Now), Report{RequestsPerSecond: 10, Tokens: 3, MaxTokens: 10}
		for i := range 97 {
			if i > 0 {
				time.Sleep(105 * time.Millisecond)
			}
			mustTake(t, l, "")
		}
		wantReport(t, "after a steady use", l, want)
		for _, id := range []string{"first", "second"} {
			if wait := reserveFor(t, l, id); wait != 0 {
				t.Fatalf("%s: told to wait %v", id, wait)
			}
			want.Tokens--
			wantReport(t, "with a token reserved for "+id, l, want)
		}
		mustTake(t, l, "")
		want.Tokens = 0
		wantReport(t, "without room", l, want)
		if _, ok := l.Take(Caller{ID: "late", Level: Interactive}, "", ""); ok {
			t.Error("a token was granted, with none reported")
		}
		// The first call leaves the window, and the room is for who waits, not for who comes now.
		time.Sleep(windowLength + windowSlack - 96*105*time.Millisecond)
		if _, ok := l.Take(Caller{ID: "later", Level: Interactive}, "", ""); ok {
			t.Error("the token of another caller was granted")
		}
		want.Waiting[Interactive] = 1
		wantReport(t, "with a token granted to who waits", l, want)
		if wait := waitFor(t, l, "late"); wait != 0 {
			t.Errorf("who waits is told to wait %v", wait)
		}
	})
}

func TestReportCountsPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(100, time.Now)
		limited := Report{RequestsPerSecond: 10, Tokens: 10, MaxTokens: 10, UserPauses: 1}
		l.Throttle("user_a", 5*time.Second)
		time.Sleep(2 * time.Second)
		l.Throttle("user_a", 5*time.Second)
		wantReport(t, "for one user, twice", l, limited)
		time.Sleep(6 * time.Second)
		l.Throttle("user_a", time.Second)
		limited.UserPauses = 2
		wantReport(t, "for one user, again", l, limited)
		time.Sleep(2 * time.Second)
		l.Throttle("", 10*time.Second)
		l.Throttle("", 10*time.Second)
		limited.Tokens, limited.Paused, limited.Pauses = 0, true, 1
		wantReport(t, "for all", l, limited)
		time.Sleep(10 * time.Second)
		limited.Tokens, limited.Paused = 1, false
		wantReport(t, "at the end of the pause", l, limited)
		l.Throttle("user_a", time.Second)
		l.Throttle("user_b", time.Second)
		limited.Tokens, limited.Paused, limited.Pauses, limited.UserPauses = 0, true, 2, 4
		wantReport(t, "for two users at once", l, limited)
	})
}

// Two limiters that are used the same way behave the same, although one of them reports again and again.
func TestReportChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plain, reporting := New(100, time.Now), New(100, time.Now)
		random := rand.New(rand.NewPCG(1, 2))
		for range 20_000 {
			for range random.IntN(3) {
				if got := reporting.Report(); got.Tokens < 0 || got.Tokens > got.MaxTokens || math.IsNaN(got.Tokens) {
					t.Fatalf("report is %+v", got)
				}
			}
			caller := Caller{ID: fmt.Sprint(random.IntN(40)), Flow: fmt.Sprint(random.IntN(5)), Level: PriorityLevel(random.IntN(3))}
			use := func(l *Limiter) (time.Time, bool) { return l.Take(caller, "key", "") }
			switch random.IntN(200) {
			case 0:
				use = func(l *Limiter) (time.Time, bool) { l.Throttle("", time.Second); return time.Time{}, true }
			case 1:
				use = func(l *Limiter) (time.Time, bool) {
					l.SetRequestsPer10s(50 + 50*len(caller.Flow))
					return time.Time{}, true
				}
			case 2:
				use = func(l *Limiter) (time.Time, bool) { l.Forget("key"); return time.Time{}, true }
			case 3, 4, 5, 6, 7, 8:
				use = func(l *Limiter) (time.Time, bool) { return l.Reserve(caller, "key") }
			}
			at, ok := use(plain)
			if again, too := use(reporting); ok != too || !at.Equal(again) {
				t.Fatalf("granted %t until %v, and %t until %v by the limiter that reports", ok, at, too, again)
			}
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		}
	})
}

func TestLevelsHaveNames(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(Levels()); got != "[background drift interactive]" {
		t.Errorf("levels are %s", got)
	}
}
