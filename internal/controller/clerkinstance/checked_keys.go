// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// checkedKey is a key that Clerk was asked about, and what for.
type checkedKey struct {
	endpoint string
	key      string
	pin      string
}

// checkedKeys remembers the keys that Clerk has accepted, so that the reconciliation of an unchanged instance costs no call. Keys
// stay in memory.
type checkedKeys struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[types.NamespacedName]*checkedEntry
}

type checkedEntry struct {
	key        checkedKey
	connection *connection.Connection
	// provisional is the rate limiter of a key whose instance is not known yet, which is provisionalFor.
	provisional    *clerk.RateLimiter
	provisionalFor string
	// checkedAt is when Clerk last accepted a key of the instance; zero is never.
	checkedAt time.Time
	// countsWritten is when counts went into status last; zero is never.
	countsWritten time.Time
}

func newCheckedKeys(now func() time.Time) *checkedKeys {
	return &checkedKeys{now: now, entries: map[types.NamespacedName]*checkedEntry{}}
}

// getOrCheck returns the connection that was checked for just this key, else what check returns, and remembers that.
func (k *checkedKeys) getOrCheck(
	name types.NamespacedName, key checkedKey, check func() (*connection.Connection, error),
) (*connection.Connection, error) {
	if c := k.find(name, key); c != nil {
		return c, nil
	}
	c, err := check()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entry(name)
	key.pin = c.InstanceID
	e.key, e.connection, e.checkedAt = key, c, k.now()
	e.provisional, e.provisionalFor = nil, ""
	return c, nil
}

// find returns the connection of a checked key. A key that was checked without a pin is good for the pin that it set.
func (k *checkedKeys) find(name types.NamespacedName, key checkedKey) *connection.Connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entry(name)
	if e.connection == nil || e.key.endpoint != key.endpoint || e.key.key != key.key {
		return nil
	}
	if key.pin != "" && key.pin != e.key.pin {
		return nil
	}
	return e.connection
}

// findAny returns the connection of whatever key was checked for an endpoint and a pin.
func (k *checkedKeys) findAny(name types.NamespacedName, endpoint, pin string) *connection.Connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.entry(name); e.key.endpoint == endpoint && (pin == "" || pin == e.key.pin) {
		return e.connection
	}
	return nil
}

// lastCheck returns when Clerk last accepted a key of an instance; zero if it did not in this process.
func (k *checkedKeys) lastCheck(name types.NamespacedName) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e, found := k.entries[name]; found {
		return e.checkedAt
	}
	return time.Time{}
}

// requireCheck makes the next reconciliation ask Clerk again.
func (k *checkedKeys) requireCheck(name types.NamespacedName) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entry(name).connection = nil
}

// forget drops what is known about an instance that is gone.
func (k *checkedKeys) forget(name types.NamespacedName) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.entries, name)
}

// limiter returns the rate limiter for asking about a key, the same one as long as that is not answered: Clerk's refusals must
// not be forgotten in between.
func (k *checkedKeys) limiter(name types.NamespacedName, key string, open func() *clerk.RateLimiter) *clerk.RateLimiter {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entry(name)
	if e.provisional == nil || e.provisionalFor != key {
		e.provisional, e.provisionalFor = open(), key
	}
	return e.provisional
}

// countsDue reports whether counts may go into status again: an interval has passed since they did.
func (k *checkedKeys) countsDue(name types.NamespacedName, now time.Time, interval time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entry(name)
	return e.countsWritten.IsZero() || now.Sub(e.countsWritten) >= interval
}

// writeCounts records that counts go into status.
func (k *checkedKeys) writeCounts(name types.NamespacedName, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entry(name).countsWritten = now
}

func (k *checkedKeys) entry(name types.NamespacedName) *checkedEntry {
	e, found := k.entries[name]
	if !found {
		e = &checkedEntry{}
		k.entries[name] = e
	}
	return e
}
