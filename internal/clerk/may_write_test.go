// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// A process that is no longer the leader reads, and writes nothing. The check comes after the token, which may need a
// wait.
func TestWritesAreAskedForRightBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	var sent, asked atomic.Int32
	server := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		answering(http.StatusOK, userBody)(w, r)
	})
	refused := errors.New("somebody else leads")
	limiter := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 100, Now: func() time.Time { return time.Unix(0, 0) }})
	lost := false
	c := newTestClient(t, server.URL, func(config *Config) {
		config.RateLimiter = limiter
		config.MayWrite = func() error {
			asked.Add(1)
			if lost {
				return refused
			}
			return nil
		}
	})
	if _, err := c.User(t.Context(), testUserID); err != nil || asked.Load() != 0 || sent.Load() != 1 {
		t.Errorf("a read: %v, asked %d times, sent %d", err, asked.Load(), sent.Load())
	}
	if _, err := c.CreateUser(t.Context(), CreateUserParams{}); err != nil || asked.Load() != 1 || sent.Load() != 2 {
		t.Errorf("a write: %v, asked %d times, sent %d", err, asked.Load(), sent.Load())
	}
	lost = true
	_, err := c.CreateUser(t.Context(), CreateUserParams{})
	if !errors.Is(err, refused) || sent.Load() != 2 {
		t.Errorf("a write that is refused: %v, sent %d", err, sent.Load())
	}
	if _, waiting := Waiting(err); waiting || AnswerLost(err) {
		t.Errorf("a write that is refused counts as one that waits (%t) or whose answer is lost", waiting)
	}
	if _, rejected := Rejected(err); rejected {
		t.Error("a write that is refused counts as rejected by Clerk")
	}
	for err = nil; err == nil || errors.Is(err, refused); {
		before := asked.Load()
		_, err = c.CreateUser(t.Context(), CreateUserParams{})
		if _, waiting := Waiting(err); waiting && asked.Load() != before {
			t.Error("the question came before the token")
		}
	}
}
