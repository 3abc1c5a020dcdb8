// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	// allowedFor is how long an allowed request may be repeated without reviews.
	allowedFor = time.Minute
	// refusedFor is how long a refused request is refused without reviews. Somebody who is given the right waits that long.
	refusedFor = 5 * time.Second
	// refusalLimit is the maximum number of remembered decisions with which another refusal is still remembered. Anybody can
	// send requests that are refused.
	refusalLimit = 1000
)

// request is what a decision depends on. A request with only a token stands for all requests with it.
type request struct {
	token, verb, path string
}

// key identifies a request. It is a hash, so that no copy of the token stays in memory, whatever its length.
type key [sha256.Size]byte

// key returns the key of a request. Neither a token nor a verb has a zero byte: both come from the head of an HTTP request.
func (r request) key() key {
	return sha256.Sum256([]byte(r.token + "\x00" + r.verb + "\x00" + r.path))
}

// decision is the status that a request is answered with until a time.
type decision struct {
	status int
	until  time.Time
}

// decisions remembers decisions for their time. It is safe for concurrent use.
type decisions struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[key]decision
}

func newDecisions(now func() time.Time) *decisions {
	return &decisions{now: now, kept: map[key]decision{}}
}

// find returns the status that a request is answered with; 0 if none is remembered.
func (d *decisions) find(asked request) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range []key{asked.key(), request{token: asked.token}.key()} {
		if found, ok := d.kept[key]; ok && d.now().Before(found.until) {
			return found.status
		}
	}
	return 0
}

// remember keeps the status of a reviewed request, and drops decisions whose time is over. A token that the API server does not
// accept is refused for all requests.
func (d *decisions) remember(asked request, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	maps.DeleteFunc(d.kept, func(_ key, old decision) bool { return !now.Before(old.until) })
	switch {
	case status == http.StatusOK:
		d.kept[asked.key()] = decision{status, now.Add(allowedFor)}
	case len(d.kept) >= refusalLimit:
	case status == http.StatusUnauthorized:
		d.kept[request{token: asked.token}.key()] = decision{status, now.Add(refusedFor)}
	case status == http.StatusForbidden:
		d.kept[asked.key()] = decision{status, now.Add(refusedFor)}
	}
}
