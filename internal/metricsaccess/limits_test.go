// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// step is a request some time after the one before, its answer, and the numbers of reviews of tokens and of rights until then.
type step struct {
	after            time.Duration
	authorization    string
	want             int
	tokens, accesses int64
}

func (s *server) expectSteps(t *testing.T, steps ...step) {
	t.Helper()
	for _, step := range steps {
		s.clock = s.clock.Add(step.after)
		status, _ := s.request("GET", "/metrics", step.authorization)
		tokens, accesses := s.cluster.tokens.Load(), s.cluster.accesses.Load()
		if status != step.want || tokens != step.tokens || accesses != step.accesses {
			t.Errorf("%+v: answer %d after %d and %d reviews", step, status, tokens, accesses)
		}
	}
}

func TestAllowedRequestIsReviewedOnceAMinute(t *testing.T) {
	t.Parallel()
	newServer(t).expectSteps(t,
		step{0, "Bearer reader", 200, 1, 1},
		step{59 * time.Second, "Bearer reader", 200, 1, 1},
		step{time.Second, "Bearer reader", 200, 2, 2},
	)
}

func TestRefusalIsRememberedForSeconds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.expectSteps(t,
		step{0, "Bearer stranger", 401, 1, 0},
		step{0, "Bearer visitor", 403, 2, 1},
		step{4 * time.Second, "Bearer stranger", 401, 2, 1},
		step{0, "Bearer visitor", 403, 2, 1},
		step{0, "Bearer reader", 200, 3, 2}, // another token
	)
	s.cluster.granted.Store(true)
	s.expectSteps(t,
		step{time.Second, "Bearer visitor", 200, 4, 3}, // who is given the right waits for seconds only
		step{0, "Bearer stranger", 401, 5, 3},
	)
}

func TestUnknownTokenIsRefusedForAllRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, method := range []string{"GET", "POST", "HEAD", "ANY"} {
		if status, _ := s.request(method, "/"+method, "Bearer stranger"); status != 401 {
			t.Errorf("%s is answered with %d", method, status)
		}
	}
	if got := s.cluster.tokens.Load(); got != 1 {
		t.Errorf("%d reviews, want 1", got)
	}
	// A right depends on the request, so a refusal of one says nothing about another.
	s.request("POST", "/metrics", "Bearer reader")
	if status, _ := s.request("GET", "/metrics", "Bearer reader"); status != 200 {
		t.Errorf("an allowed request after a refused one is answered with %d", status)
	}
}

func TestFourRequestsAreReviewedAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.request("GET", "/metrics", "Bearer reader")
	s.cluster.blocked, s.cluster.arrived = make(chan struct{}), make(chan struct{}, 100)
	var under sync.WaitGroup
	for n := range 4 {
		under.Go(func() {
			if status, _ := s.request("GET", "/metrics", "Bearer stranger"+strconv.Itoa(n)); status != 401 {
				t.Errorf("a request under review is answered with %d, want 401", status)
			}
		})
		<-s.cluster.arrived
	}
	if status, body := s.request("GET", "/metrics", "Bearer visitor"); status != http.StatusServiceUnavailable || strings.Contains(body, "series") {
		t.Errorf("a request beyond the limit is answered with %d, want 503", status)
	}
	if status, _ := s.request("GET", "/metrics", "Bearer reader"); status != 200 {
		t.Errorf("a request that needs no review is answered with %d, want 200", status)
	}
	close(s.cluster.blocked)
	under.Wait()
	// The request that was not reviewed is not remembered.
	if status, _ := s.request("GET", "/metrics", "Bearer visitor"); status != 403 {
		t.Errorf("a request after the others is answered with %d, want 403", status)
	}
	if got := s.cluster.tokens.Load(); got != 6 {
		t.Errorf("%d reviews of tokens, want 6", got)
	}
}

func TestFailuresAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.cluster.fails.Store(true)
	ask := func(times int) {
		for range times {
			s.request("GET", "/metrics", "Bearer reader")
		}
	}
	messages := func() int { return strings.Count(s.log.String(), "cannot find out") }
	ask(10)
	if got := messages(); got != 1 {
		t.Errorf("%d messages about 10 failures at once, want 1", got)
	}
	s.clock = s.clock.Add(logging.FirstRepeat)
	ask(1)
	if log := s.log.String(); messages() != 2 || !strings.Contains(log, `"repeated"=10`) {
		t.Errorf("log %q, want a second message, with the number of those since the first", log)
	}
}

func TestDecisionsAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	d := newDecisions(func() time.Time { return now })
	for n := range 2 * refusalLimit {
		d.remember(request{token: strconv.Itoa(n)}, http.StatusUnauthorized)
	}
	if len(d.kept) != refusalLimit {
		t.Errorf("%d refusals are kept, want %d", len(d.kept), refusalLimit)
	}
	reader := request{token: "reader", verb: "get", path: "/metrics"}
	d.remember(reader, http.StatusOK)
	if got := d.find(reader); got != http.StatusOK {
		t.Errorf("an allowed request after many refused ones is remembered as %d, want 200", got)
	}
	now = now.Add(allowedFor)
	d.remember(request{token: "new"}, http.StatusUnauthorized)
	if len(d.kept) != 1 {
		t.Errorf("%d decisions are kept, want 1", len(d.kept))
	}
}
