// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

const (
	testKey    = "sk_test_SecretSecretSecretSecret1"
	testUserID = "user_29w83sxmDNGwOuEthce5gg56FcC"
	testIdnID  = "idn_29w83sxmDNGwOuEthce5gg56FcD"
)

// stub is a Clerk that gives every request the same answer and records the requests.
type stub struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// received is a request as it arrived.
type received struct {
	method, path, query, body string
	header                    http.Header
	length                    int64
	encoding                  []string
	// major is the version of HTTP.
	major int
}

func newStub(t *testing.T, answer http.HandlerFunc) *stub {
	t.Helper()
	s := newUnstartedStub(t, answer)
	s.Start()
	return s
}

// newUnstartedStub returns a stub that the caller starts.
func newUnstartedStub(t *testing.T, answer http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, received{
			method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, body: string(body), header: r.Header,
			length: r.ContentLength, encoding: r.TransferEncoding, major: r.ProtoMajor,
		})
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stub) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// only returns the one request that was received.
func (s *stub) only(t *testing.T) received {
	t.Helper()
	requests := s.received()
	if len(requests) != 1 {
		t.Fatalf("Clerk got %d requests, want 1", len(requests))
	}
	return requests[0]
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func newTestClient(t *testing.T, url string, options ...func(*Config)) *Client {
	t.Helper()
	config := Config{
		APIURL: url + "/v1", Key: NewSecret(testKey), Timeout: 5 * time.Second,
		RateLimiter: NewRateLimiter(RateLimiterConfig{RequestsPer10s: 100_000}),
	}
	for _, option := range options {
		option(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if transport, ok := c.backend.http.Transport.(*http.Transport); ok {
		t.Cleanup(transport.CloseIdleConnections)
	}
	return c.For(ratelimit.Caller{ID: t.Name(), Level: ratelimit.Interactive})
}
