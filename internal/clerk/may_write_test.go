// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net"
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

// countingConn counts the bytes that reach a connection.
type countingConn struct {
	net.Conn
	written *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// HTTP/1 writes to a connection also after its context has ended.
func TestRefusedWriteSendsNoByte(t *testing.T) {
	t.Parallel()
	server := newStub(t, answering(http.StatusOK, userBody))
	refused := errors.New("somebody else leads")
	var written atomic.Int64
	var connected atomic.Bool
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		connected.Store(true)
		return countingConn{conn, &written}, err
	}}
	c := newTestClient(t, server.URL, func(config *Config) {
		config.Transport = transport
		config.MayWrite = func() error {
			if connected.Load() {
				return refused
			}
			return nil
		}
	})
	for range 20 {
		connected.Store(false)
		if _, err := c.CreateUser(t.Context(), CreateUserParams{}); !errors.Is(err, refused) || written.Load() != 0 {
			t.Fatalf("%d bytes were sent, and the error is %v", written.Load(), err)
		}
	}
}
