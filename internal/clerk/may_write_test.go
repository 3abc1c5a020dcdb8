// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
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
	if _, err := c.CreateUser(t.Context(), CreateUserParams{}); err != nil || asked.Load() != 2 || sent.Load() != 2 {
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

// The wait for a connection can outlast the lease: then the write is not sent, and other calls go on.
func TestWriteIsRefusedWhenItHasAConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ http2, reused bool }{
		"HTTP/1":       {},
		"HTTP/1Reused": {reused: true},
		"HTTP/2":       {http2: true},
		"HTTP/2Reused": {http2: true, reused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newUnstartedStub(t, answering(http.StatusOK, userBody))
			server.EnableHTTP2 = test.http2
			server.StartTLS()
			refused := errors.New("somebody else leads")
			var asked, refusedFrom atomic.Int32
			refusedFrom.Store(2)
			c := newTestClient(t, server.URL, func(config *Config) {
				config.Transport = server.Client().Transport
				config.MayWrite = func() error {
					if asked.Add(1) >= refusedFrom.Load() {
						return refused
					}
					return nil
				}
			})
			reads := 0
			if test.reused {
				mustRead(t, c)
				reads = 1
			}
			_, create := c.CreateUser(t.Context(), CreateUserParams{})
			asked.Store(0)
			remove := c.DeleteUser(t.Context(), testUserID)
			for call, err := range map[string]error{"create": create, "delete": remove} {
				if !errors.Is(err, refused) || AnswerLost(err) {
					t.Errorf("%s: %v, want that it is refused", call, err)
				}
			}
			mustRead(t, c)
			requests := server.received()
			if len(requests) != reads+1 {
				t.Fatalf("the server got %+v, want the reads alone", requests)
			}
			if major := requests[0].major; (major == 2) != test.http2 {
				t.Errorf("the protocol is HTTP/%d", major)
			}
		})
	}
}

func mustRead(t *testing.T, c *Client) {
	t.Helper()
	if _, err := c.User(t.Context(), testUserID); err != nil {
		t.Errorf("a read: %v", err)
	}
}

// HTTP/1 can write to a connection also after its context has ended, so the connection is closed before.
func TestRefusedWriteClosesItsConnection(t *testing.T) {
	t.Parallel()
	server := newStub(t, answering(http.StatusOK, userBody))
	refused := errors.New("somebody else leads")
	var asked atomic.Int32
	c := newTestClient(t, server.URL, func(config *Config) {
		config.MayWrite = func() error {
			if asked.Add(1) > 1 {
				return refused
			}
			return nil
		}
	})
	var writing error
	// This is called after the operator's own function of that name.
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		_, writing = info.Conn.Write([]byte("x"))
	}})
	if _, err := c.CreateUser(ctx, CreateUserParams{}); !errors.Is(err, refused) || !errors.Is(writing, net.ErrClosed) {
		t.Errorf("the call ends with %v, and a write to its connection with %v", err, writing)
	}
}
