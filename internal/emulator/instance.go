// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Instance is one Clerk instance, with its own users and one or several secret keys.
//
// Its methods for users act like a person in Clerk's Dashboard: they are not in the journal, do not count against a
// limit, and no fault or setting affects them.
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

// environmentOf returns the environment that a key's prefix names.
func environmentOf(key string) Environment {
	if strings.HasPrefix(key, "sk_live_") {
		return Production
	}
	return Development
}

// ID returns the instance's id: ins_ and 27 characters unless configured otherwise.
func (i *Instance) ID() string { return i.id }

// Environment returns the kind of instance.
func (i *Instance) Environment() Environment { return i.environment }

// Key returns the oldest valid key; "" if there is none.
func (i *Instance) Key() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.keys) == 0 {
		return ""
	}
	return i.keys[0]
}

// KeyIDs returns the names of the instance's keys in the journal, oldest first.
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

// AddKey adds a key to the instance and returns its name in the journal. A key of another instance moves to this one,
// as when a Secret gets the key of a wrong instance.
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

// RevokeKey makes a key invalid (401), and reports whether it belonged to the instance.
func (i *Instance) RevokeKey(key string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = slices.DeleteFunc(i.keys, func(k string) bool { return k == key })
	return i.server.revokeKey(key, i)
}

// Settings returns the instance's settings.
func (i *Instance) Settings() Settings {
	i.mu.Lock()
	defer i.mu.Unlock()
	return clone(i.settings)
}

// Configure changes the instance's settings, from the next request on.
func (i *Instance) Configure(change func(*Settings)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	settings := clone(i.settings)
	change(&settings)
	i.settings = clone(settings)
}

// Journal returns the requests with the instance's keys, oldest first.
func (i *Instance) Journal() Entries { return i.server.journal.of(i.id) }

// ResetJournal forgets the requests with the instance's keys.
func (i *Instance) ResetJournal() { i.server.journal.reset(i.id) }

// InjectFault injects a fault for requests with the instance's keys and returns its id.
func (i *Instance) InjectFault(f Fault) string {
	f.Instance = i.id
	return i.server.InjectFault(f)
}

// Faults returns the instance's faults that still wait for requests.
func (i *Instance) Faults() []Fault { return i.server.faults.list(i.id) }

// ClearFaults removes the instance's faults and ends requests that hang on one.
func (i *Instance) ClearFaults() {
	i.server.faults.remove(func(f Fault) bool { return f.Instance == i.id })
}

// Reset deletes the instance's users, clears its journal and its rate limit counts, and removes its faults.
func (i *Instance) Reset() {
	i.ClearFaults()
	i.ResetJournal()
	i.limits.reset()
	defer i.server.changes.note()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.store = newStore()
}

func (i *Instance) now() time.Time { return i.server.clock.Now() }
