// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"fmt"
	"net/http"
)

// Transport returns a transport to the API server that sends writes only while this process is the leader. It always
// sends reads.
func (g *Guard) Transport(next http.RoundTripper) http.RoundTripper {
	return &transport{guard: g, next: next}
}

type transport struct {
	guard *Guard
	next  http.RoundTripper
}

// RoundTrip sends a request, or refuses it.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := t.guard.Check(); err != nil {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, fmt.Errorf("sending nothing to the API server: %w", err)
		}
		t.guard.writes.begin()
		defer t.guard.writes.end()
	}
	return t.next.RoundTrip(r)
}
