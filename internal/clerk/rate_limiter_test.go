// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// waitOn returns how long a caller has to wait for a token for a call on a user; 0 is a token.
func waitOn(t *testing.T, l *RateLimiter, id, user string) time.Duration {
	t.Helper()
	_, err := l.take(ratelimit.Caller{ID: id, Level: ratelimit.Interactive}, "", user)
	if err == nil {
		return 0
	}
	wait, ok := errors.AsType[*WaitError](err)
	if !ok {
		t.Fatalf("take: got %v, want a token or a time", err)
	}
	return time.Until(wait.At)
}

// exhaust takes tokens until there are none.
func exhaust(t *testing.T, l *RateLimiter) {
	t.Helper()
	for waitOn(t, l, "other", "") == 0 {
		continue
	}
}

// ask takes a token that must be available.
func ask(t *testing.T, l *RateLimiter, user string) token {
	t.Helper()
	given, err := l.take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}, "", user)
	if err != nil {
		t.Fatalf("take: got %v, want a token", err)
	}
	return given
}

func throttled(after time.Duration) outcome {
	return outcome{status: http.StatusTooManyRequests, retryAfter: after}
}

// withOneToken gives a client a budget with one token and no other ever; see expectNoTokenUsed.
func withOneToken(c *Config) {
	c.RateLimiter = NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10, Now: at})
}

// expectNoTokenUsed fails if a client that was made withOneToken took it.
func expectNoTokenUsed(t *testing.T, c *Client) {
	t.Helper()
	if _, err := c.backend.limiter.take(ratelimit.Caller{ID: "another", Level: ratelimit.Interactive}, "", ""); err != nil {
		t.Errorf("a token was used: %v", err)
	}
}

func TestThrottledCalls(t *testing.T) {
	t.Parallel()
	t.Run("OnAUserStopCallsOnIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			l.callEnded(ask(t, l, "user_a"), throttled(7*time.Second))
			if wait := waitOn(t, l, "asker", "user_a"); wait != 7*time.Second {
				t.Errorf("a call on the user: told to wait %v, want 7s", wait)
			}
			ask(t, l, "user_b")
			ask(t, l, "")
			time.Sleep(7 * time.Second)
			ask(t, l, "user_a")
		})
	})
	t.Run("OnNobodyStopAllCallsWhateverIsAnswered", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			early, late := ask(t, l, ""), ask(t, l, "")
			l.callEnded(early, throttled(20*time.Second))
			// A shorter limit does not end it earlier, and neither does an answer to a call that was under way.
			l.callEnded(late, throttled(time.Second))
			l.callEnded(token{}, outcome{status: http.StatusOK})
			if wait := waitOn(t, l, "asker", ""); wait != 20*time.Second {
				t.Errorf("told to wait %v, want 20s", wait)
			}
		})
	})
}

func TestReservedTokenIsTheProbeOfARefusedKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		unauthorized := outcome{status: http.StatusUnauthorized}
		w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
		mine := ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive}
		if _, ok := errors.AsType[*KeyRefusedError](w.reserve(mine, "")); !ok {
			t.Fatal("a token was reserved for a refused key")
		}
		time.Sleep(firstProbe)
		if err := w.reserve(mine, ""); err != nil {
			t.Fatalf("the probe cannot be reserved: %v", err)
		}
		if _, closed := w.closedFor(t); closed == 0 {
			t.Error("a second call got through beside the probe")
		}
		probe, err := w.take(mine, "", "")
		if err != nil {
			t.Fatalf("the probe is not let through: %v", err)
		}
		w.callEnded(probe, unauthorized)
		if _, closed := w.closedFor(t); closed != 2*firstProbe {
			t.Errorf("closed for %v, want %v", closed, 2*firstProbe)
		}
		time.Sleep(2 * firstProbe)
		if err := w.reserve(mine, ""); err != nil {
			t.Fatal(err)
		}
		// Its call does not come.
		time.Sleep(5 * time.Second)
		if _, ok := errors.AsType[*KeyRefusedError](w.reserve(mine, "")); !ok {
			t.Error("a second probe got through too early")
		}
		time.Sleep(probeTime)
		if err := w.reserve(mine, ""); err != nil {
			t.Fatal(err)
		}
		probe, err = w.take(mine, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, closed := errors.AsType[*KeyRefusedError](w.reserve(mine, "")); !closed {
			t.Error("the caller has a second probe while its first is not answered")
		}
		w.callEnded(probe, outcome{status: http.StatusOK})
		w.notified(t, 1, 1)
	})
}

func TestReservedProbeThatIsThrottledStaysItsCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.callEnded(ask(t, w.RateLimiter, ""), outcome{status: http.StatusUnauthorized})
		time.Sleep(firstProbe)
		mine := ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive}
		if err := w.reserve(mine, ""); err != nil {
			t.Fatal(err)
		}
		w.callEnded(token{key: "another"}, throttled(3*time.Second))
		_, err := w.take(mine, "", "")
		wait, ok := errors.AsType[*WaitError](err)
		if !ok || time.Until(wait.At) != 3*time.Second {
			t.Fatalf("got %v, want a wait of 3s", err)
		}
		time.Sleep(3 * time.Second)
		probe, err := w.take(mine, "", "")
		if err != nil || !probe.probe {
			t.Errorf("got %+v and %v, want the probe", probe, err)
		}
	})
}

func TestReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
		c, err := New(Config{Key: NewSecret(testKey), RateLimiter: limiter, Transport: failing{}})
		if err != nil {
			t.Fatal(err)
		}
		mine := c.For(ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive})
		other := c.For(ratelimit.Caller{ID: "other", Level: ratelimit.Interactive})
		if err := mine.Reserve(); err != nil {
			t.Fatal(err)
		}
		if _, waiting := Waiting(other.Reserve()); !waiting {
			t.Error("one token was reserved twice")
		}
		_, err = mine.CountUsers(t.Context())
		if _, waiting := Waiting(err); waiting || err == nil {
			t.Errorf("got %v, want that the call was made", err)
		}
	})
}
