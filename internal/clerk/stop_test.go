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

// newSlowClient returns a client of a server that answers after proceed was closed. begun receives one value for each call that
// arrives.
func newSlowClient(t *testing.T) (c *Client, begun chan struct{}, proceed chan struct{}) {
	t.Helper()
	begun, proceed = make(chan struct{}, 10), make(chan struct{})
	server := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		select {
		case <-proceed:
		case <-r.Context().Done():
		}
		answering(http.StatusOK, userBody)(w, r)
	})
	return newTestClient(t, server.URL), begun, proceed
}

func TestCallInFlightIsFinished(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
		"Canceled": context.WithCancel,
		"Stopped": func(ctx context.Context) (context.Context, context.CancelFunc) {
			stop, end := context.WithCancel(ctx)
			return UntilStop(ctx, stop), end
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, begun, proceed := newSlowClient(t)
			ctx, end := prepare(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := c.CreateUser(ctx, CreateUserParams{})
				ended <- err
			}()
			<-begun
			end()
			select {
			case err := <-ended:
				t.Errorf("the call was cut: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			close(proceed)
			if err := <-ended; err != nil {
				t.Errorf("the call failed: %v", err)
			}
			if _, err := c.User(ctx, testUserID); err == nil || len(begun) > 0 {
				t.Errorf("another call began: %v", err)
			}
		})
	}
}

// A call that waits for a connection has begun.
func TestCallThatConnectsIsFinished(t *testing.T) {
	t.Parallel()
	server := newStub(t, answering(http.StatusOK, userBody))
	dials, proceed := make(chan struct{}), make(chan struct{})
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials <- struct{}{}
		<-proceed
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	c := newTestClient(t, server.URL, func(config *Config) { config.Transport = transport })
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.CreateUser(ctx, CreateUserParams{})
		ended <- err
	}()
	<-dials
	end()
	close(proceed)
	if err := <-ended; err != nil {
		t.Errorf("the call was cut: %v", err)
	}
	server.only(t)
}

func TestCallEndsAtTheDeadlineOfItsContext(t *testing.T) {
	t.Parallel()
	c, _, proceed := newSlowClient(t)
	defer close(proceed)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.CreateUser(ctx, CreateUserParams{}); !errors.Is(err, context.DeadlineExceeded) || !AnswerLost(err) {
		t.Errorf("the call ends with %v", err)
	}
}

// A call that may not begin is one that waits, so that nobody believes that Clerk refused it or that its answer was lost.
func TestCallThatMayNotBeginWaits(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	server := newStub(t, func(w http.ResponseWriter, r *http.Request) { sent.Add(1); answering(http.StatusOK, userBody)(w, r) })
	c := newTestClient(t, server.URL)
	stop, end := context.WithCancel(t.Context())
	ctx := UntilStop(t.Context(), stop)
	if _, err := c.CreateUser(ctx, CreateUserParams{}); err != nil || sent.Load() != 1 {
		t.Errorf("before the stop: %v, sent %d", err, sent.Load())
	}
	end()
	_, err := c.CreateUser(ctx, CreateUserParams{})
	if at, waiting := Waiting(err); !waiting || !at.After(time.Now()) || AnswerLost(err) || sent.Load() != 1 {
		t.Errorf("after the stop: %v, sent %d", err, sent.Load())
	}
	if ctx.Err() != nil {
		t.Errorf("the context ended: %v", ctx.Err())
	}
}
