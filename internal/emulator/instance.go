// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Instance is one Clerk instance: users of its own, found under one or several secret keys.
//
// Its methods that touch users act as somebody in Clerk's Dashboard would: they are neither in the journal nor counted
// against a limit, no fault strikes them, and no setting stops them.
type Instance struct {
	server      *Server
	id          string
	environment Environment
	limits      *limiter

	mu       sync.Mutex
	settings Settings
	keys     []string
	store    *store
}

func newInstance(s *Server, id string, e Environment, settings Settings) *Instance {
	return &Instance{server: s, id: id, environment: e, settings: settings, limits: newLimiter(), store: newStore()}
}

// environmentOf says what kind of instance a key's prefix announces.
func environmentOf(key string) Environment {
	if strings.HasPrefix(key, "sk_live_") {
		return Production
	}
	return Development
}

// ID returns the instance's id, ins_ and 27 characters unless it was configured otherwise.
func (i *Instance) ID() string { return i.id }

// Environment returns the kind of instance.
func (i *Instance) Environment() Environment { return i.environment }

// Key returns the oldest key that still works; empty if there is none.
func (i *Instance) Key() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.keys) == 0 {
		return ""
	}
	return i.keys[0]
}

// KeyIDs returns the names under which the instance's keys appear in the journal, oldest first.
func (i *Instance) KeyIDs() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	ids := make([]string, 0, len(i.keys))
	for _, key := range i.keys {
		if c, found := i.server.credential(key); found {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// AddKey makes a key open the instance and returns the name under which it appears in the journal. If the key opened
// another instance, it no longer does, which is how a Secret comes to hold the key of a wrong instance.
func (i *Instance) AddKey(key string) string {
	if c, found := i.server.credential(key); found && c.instance != i {
		c.instance.RevokeKey(key)
	}
	id := i.server.addKey(key, i)
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.keys, key) {
		i.keys = append(i.keys, key)
	}
	return id
}

// RevokeKey makes a key be answered with 401, and reports whether it opened the instance.
func (i *Instance) RevokeKey(key string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = slices.DeleteFunc(i.keys, func(k string) bool { return k == key })
	return i.server.revokeKey(key, i)
}

// Settings returns the instance's switches.
func (i *Instance) Settings() Settings {
	i.mu.Lock()
	defer i.mu.Unlock()
	return clone(i.settings)
}

// Configure changes the instance's switches; they hold from the next request on.
func (i *Instance) Configure(change func(*Settings)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	settings := clone(i.settings)
	change(&settings)
	i.settings = clone(settings)
}

// Journal returns the requests made with the instance's keys, oldest first.
func (i *Instance) Journal() Entries { return i.server.journal.of(i.id) }

// ResetJournal forgets the requests made with the instance's keys.
func (i *Instance) ResetJournal() { i.server.journal.reset(i.id) }

// InjectFault arms a fault for requests made with the instance's keys and returns its id.
func (i *Instance) InjectFault(f Fault) string {
	f.Instance = i.id
	return i.server.InjectFault(f)
}

// Faults returns the instance's faults that still wait for requests.
func (i *Instance) Faults() []Fault { return i.server.faults.list(i.id) }

// ClearFaults disarms the instance's faults and ends the requests that hang on one.
func (i *Instance) ClearFaults() {
	i.server.faults.remove(func(f Fault) bool { return f.Instance == i.id })
}

// Reset deletes the instance's users, forgets its journal and its counts against rate limits, and disarms its faults.
func (i *Instance) Reset() {
	i.ClearFaults()
	i.ResetJournal()
	i.limits.reset()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.store = newStore()
}

func (i *Instance) now() time.Time { return i.server.clock.Now() }
