// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// watched is a rate limiter that counts the calls of its hooks.
type watched struct {
	*RateLimiter
	opened, refused int
}

func newWatched() *watched {
	w := &watched{}
	w.RateLimiter = NewRateLimiter(RateLimiterConfig{
		RequestsPer10s: 1000,
		OnRecovered:    func() { w.opened++ },
		OnKeyRefused:   func() { w.refused++ },
	})
	return w
}

// closedFor returns how long no call with the key "" is allowed; 0 means that it got a token.
func (w *watched) closedFor(t *testing.T) (token, time.Duration) {
	t.Helper()
	given, err := w.take(ratelimit.Caller{ID: "asker", Level: ratelimit.Interactive}, "", "")
	if err == nil {
		return given, 0
	}
	closed, ok := errors.AsType[*KeyRefusedError](err)
	if !ok {
		t.Fatalf("take: got %v, want a token or a refused key", err)
	}
	return token{}, time.Until(closed.At)
}

func (w *watched) notified(t *testing.T, refused, opened int) {
	t.Helper()
	if w.refused != refused || w.opened != opened {
		t.Errorf("notified of %d refusals and %d openings, want %d and %d", w.refused, w.opened, refused, opened)
	}
}

func TestRefusedKey(t *testing.T) {
	t.Parallel()
	unauthorized := outcome{status: http.StatusUnauthorized}
	t.Run("StopsCallsButForOneProbeWithBackOff", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			first, second := ask(t, w.RateLimiter, ""), ask(t, w.RateLimiter, "")
			w.callEnded(first, unauthorized)
			w.callEnded(second, unauthorized)
			w.notified(t, 1, 0)
			for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
				_, closed := w.closedFor(t)
				if closed != time.Duration(seconds)*time.Second {
					t.Fatalf("closed for %v, want %vs", closed, seconds)
				}
				time.Sleep(closed)
				probe, _ := w.closedFor(t)
				if _, meanwhile := w.closedFor(t); meanwhile == 0 {
					t.Fatal("a second call got through beside the probe")
				}
				w.callEnded(probe, unauthorized)
			}
			w.notified(t, 1, 0)
		})
	})
	t.Run("EndsWithTheFirstSuccess", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			under := ask(t, w.RateLimiter, "")
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			w.callEnded(under, outcome{status: http.StatusOK})
			if _, closed := w.closedFor(t); closed == 0 {
				t.Fatal("an answer to a call that was under way ended the refusal")
			}
			time.Sleep(time.Second)
			probe, _ := w.closedFor(t)
			w.callEnded(probe, outcome{status: http.StatusNotFound})
			w.notified(t, 1, 1)
			ask(t, w.RateLimiter, "")
			w.callEnded(ask(t, w.RateLimiter, ""), outcome{status: http.StatusOK})
			w.notified(t, 1, 1)
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			if _, closed := w.closedFor(t); closed != 2*time.Second {
				t.Errorf("refused anew: closed for %v, want 2s", closed)
			}
			w.notified(t, 2, 1)
		})
	})
	t.Run("LastsLongerEachTimeItEndedInBetween", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			for i, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
				w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
				w.notified(t, i+1, i)
				w.probeNow("")
				if _, closed := w.closedFor(t); closed != time.Duration(seconds)*time.Second && i > 0 {
					t.Fatalf("closed for %v, want %ds whoever hastens it", closed, seconds)
				}
				time.Sleep(time.Duration(seconds) * time.Second)
				if i == 0 {
					// The early probe was taken above and never answered.
					time.Sleep(probeTime)
				}
				probe, _ := w.closedFor(t)
				w.callEnded(probe, outcome{status: http.StatusOK})
			}
			time.Sleep(recoveryTime + time.Second)
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			if _, closed := w.closedFor(t); closed != firstProbe {
				t.Errorf("closed for %v after a recoveryTime, want %v", closed, firstProbe)
			}
		})
	})
	t.Run("AProbeWithoutAnswerIsRepeated", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			time.Sleep(time.Second)
			for _, result := range []outcome{{}, {status: http.StatusBadGateway}, throttled(time.Second)} {
				probe, _ := w.closedFor(t)
				w.callEnded(probe, result)
				if _, closed := w.closedFor(t); closed != time.Second {
					t.Fatalf("closed for %v after a probe that notified nothing, want 1s", closed)
				}
				time.Sleep(time.Second)
			}
			w.closedFor(t)
			// This one is never answered.
			time.Sleep(probeTime)
			ask(t, w.RateLimiter, "")
			w.notified(t, 1, 0)
		})
	})
	t.Run("AnAnswerToAnotherCallDoesNotPutOffTheProbe", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			under := ask(t, w.RateLimiter, "")
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			time.Sleep(firstProbe / 2)
			w.callEnded(under, outcome{status: http.StatusBadGateway})
			if _, closed := w.closedFor(t); closed != firstProbe/2 {
				t.Errorf("closed for %v, want %v", closed, firstProbe/2)
			}
		})
	})
	t.Run("HastenedProbeEndsIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			if w.probeNow("") {
				t.Error("a key that nobody used is refused")
			}
			w.callEnded(ask(t, w.RateLimiter, ""), unauthorized)
			if !w.probeNow("") {
				t.Error("a refused key is not")
			}
			probe, _ := w.closedFor(t)
			w.callEnded(probe, outcome{status: http.StatusOK})
			ask(t, w.RateLimiter, "")
			w.notified(t, 1, 1)
		})
	})
	t.Run("NeedsNoHooks", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			l := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1000})
			l.callEnded(ask(t, l, ""), unauthorized)
			l.probeNow("")
			l.callEnded(ask(t, l, ""), unauthorized)
			time.Sleep(2 * time.Second)
			l.callEnded(ask(t, l, ""), outcome{status: http.StatusOK})
			ask(t, l, "")
		})
	})
}

func TestOutageEndsWithOnRecovered(t *testing.T) {
	t.Parallel()
	failing := outcome{status: http.StatusServiceUnavailable}
	fine := outcome{status: http.StatusOK}
	t.Run("AfterHalfAMinute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			w.callEnded(ask(t, w.RateLimiter, ""), failing)
			time.Sleep(outage)
			w.callEnded(ask(t, w.RateLimiter, ""), outcome{})
			w.callEnded(ask(t, w.RateLimiter, ""), fine)
			w.callEnded(ask(t, w.RateLimiter, ""), fine)
			w.notified(t, 0, 1)
		})
	})
	t.Run("NotIfThereWasAnAnswerBetween", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			for range 10 {
				w.callEnded(ask(t, w.RateLimiter, ""), failing)
				time.Sleep(outage - time.Second)
				w.callEnded(ask(t, w.RateLimiter, ""), fine)
			}
			w.notified(t, 0, 0)
		})
	})
}

// TestOnlyTheRefusedKeyIsStopped has two keys of one instance, as two ClerkInstances may.
func TestOnlyTheRefusedKeyIsStopped(t *testing.T) {
	t.Parallel()
	unauthorized, fine := outcome{status: http.StatusUnauthorized}, outcome{status: http.StatusOK}
	take := func(t *testing.T, w *watched, key keyID) (token, bool) {
		t.Helper()
		given, err := w.take(ratelimit.Caller{ID: "caller with " + string(key), Level: ratelimit.Interactive}, key, "")
		if _, closed := errors.AsType[*KeyRefusedError](err); err != nil && !closed {
			t.Fatalf("take: %v", err)
		}
		return given, err == nil
	}
	t.Run("OthersGoOn", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			old, _ := take(t, w, "old")
			w.callEnded(old, unauthorized)
			if _, open := take(t, w, "old"); open {
				t.Error("the refused key is open")
			}
			given, open := take(t, w, "new")
			if !open {
				t.Fatal("the other key is closed")
			}
			w.callEnded(given, fine)
			w.notified(t, 1, 0)
			if _, open := take(t, w, "old"); open {
				t.Error("the other key's answer opened the refused one")
			}
			w.callEnded(given, unauthorized)
			w.notified(t, 2, 0)
		})
	})
	t.Run("EachHasItsProbe", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			for _, key := range []keyID{"a", "b"} {
				given, _ := take(t, w, key)
				w.callEnded(given, unauthorized)
			}
			time.Sleep(firstProbe)
			probe, open := take(t, w, "a")
			if !open {
				t.Fatal("no probe of the first key")
			}
			w.callEnded(probe, unauthorized)
			probe, open = take(t, w, "b")
			if !open {
				t.Fatal("the first key's probe is the second's too")
			}
			w.callEnded(probe, fine)
			if _, open := take(t, w, "a"); open {
				t.Error("the second key's probe opened the first")
			}
			w.notified(t, 2, 1)
		})
	})
	t.Run("RecoversAlone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			for _, key := range []keyID{"a", "b"} {
				given, _ := take(t, w, key)
				w.callEnded(given, unauthorized)
			}
			w.probeNow("a")
			probe, _ := take(t, w, "a")
			w.callEnded(probe, fine)
			w.notified(t, 2, 1)
			if _, open := take(t, w, "a"); !open {
				t.Error("is not open")
			}
			if _, open := take(t, w, "b"); open {
				t.Error("the other is open too")
			}
		})
	})
	t.Run("GivesItsSeatsToOthers", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			w.SetRequestsPer10s(50)
			given, _ := take(t, w, "old")
			for i := range 1000 {
				_, _ = w.take(ratelimit.Caller{ID: fmt.Sprint(i), Level: ratelimit.Interactive}, "old", "")
			}
			w.callEnded(given, unauthorized)
			_, err := w.take(ratelimit.Caller{ID: "mine", Level: ratelimit.Interactive}, "new", "")
			wait, _ := errors.AsType[*WaitError](err)
			if wait == nil || time.Until(wait.At) > 210*time.Millisecond {
				t.Errorf("got %v, want the next token", err)
			}
		})
	})
	t.Run("IsForgottenWhenNobodyUsesIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWatched()
			for i := range 100 {
				w.callEnded(token{key: keyID(fmt.Sprint(i))}, unauthorized)
				time.Sleep(refusalKept / 2)
			}
			if n := len(w.RateLimiter.refused); n > 4 {
				t.Errorf("%d refused keys are remembered", n)
			}
		})
	})
	t.Run("IsNotWrittenDown", func(t *testing.T) {
		t.Parallel()
		const key = "sk_test_of_nobody"
		l := NewRateLimiter(RateLimiterConfig{})
		l.callEnded(token{key: identify(key)}, unauthorized)
		if text := fmt.Sprintf("%+v %#v", l.refused, identify(key)); strings.Contains(text, key) {
			t.Error("the rate limiter holds the key")
		}
		if again := identify(string([]byte(key))); identify(key) == identify(key+"2") || identify(key) != again {
			t.Error("keys are not notified apart")
		}
	})
}
