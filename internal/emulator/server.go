// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// BasePath is where the API is served; a client's base URL ends with it.
	BasePath = "/v1"
	// ControlPath is where the emulator itself is asked and told things over HTTP.
	ControlPath = "/_emulator"
)

// Config says how a Server behaves. The zero value is a server that runs with the machine's clock and answers at once.
type Config struct {
	// Now is the base of the server's clock; nil means the machine's clock. A test that wants time to stand still gives a
	// function that always returns the same time and moves it by Clock().Advance.
	Now func() time.Time
	// Latency is waited before every answer, in the machine's time.
	Latency time.Duration
	// JournalLimit is how many requests the journal holds before it drops the oldest; 0 means 100 000.
	JournalLimit int
}

// Server is a Clerk Backend API with any number of instances. It is an http.Handler.
type Server struct {
	clock   *Clock
	latency time.Duration
	journal *journal
	faults  *faults
	ids     *idMaker
	api     http.Handler
	control http.Handler
	closed  chan struct{}
	close   sync.Once

	mu        sync.Mutex
	instances []*Instance
	keys      map[string]credential
	keysMade  int
}

// credential is what a secret key stands for.
type credential struct {
	instance *Instance
	id       string
}

// New returns a server without instances.
func New(c Config) *Server {
	s := &Server{
		clock:   newClock(c.Now),
		latency: c.Latency,
		journal: newJournal(c.JournalLimit),
		faults:  &faults{},
		ids:     &idMaker{},
		closed:  make(chan struct{}),
		keys:    map[string]credential{},
	}
	s.api = s.routes()
	s.control = s.controlRoutes()
	return s
}

// InstanceConfig describes an instance to be added to a Server.
type InstanceConfig struct {
	// ID is the instance's id. Empty means one that is derived from the first key.
	ID string
	// Environment is the kind of instance. Empty means what the first key's prefix says, development without a key.
	Environment Environment
	// Keys are its secret keys. None means that one is made up. A key that belongs to another instance moves to this one.
	Keys []string
	// Settings are its switches; they can be changed later.
	Settings Settings
}

// AddInstance adds an empty instance. An id that the server knows already yields that instance, with the keys added and
// everything else as it was.
func (s *Server) AddInstance(c InstanceConfig) *Instance {
	if len(c.Keys) == 0 {
		prefix := "sk_test_"
		if c.Environment == Production {
			prefix = "sk_live_"
		}
		c.Keys = []string{prefix + randomToken()}
	}
	id := cmp.Or(c.ID, instanceIDFor(c.Keys[0]))
	i := s.Instance(id)
	if i == nil {
		i = newInstance(s, id, cmp.Or(c.Environment, environmentOf(c.Keys[0])), c.Settings)
		s.mu.Lock()
		s.instances = append(s.instances, i)
		s.mu.Unlock()
	}
	for _, key := range c.Keys {
		i.AddKey(key)
	}
	return i
}

// Instances returns the server's instances in the order they were added.
func (s *Server) Instances() []*Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.instances)
}

// Instance returns the instance with the id, or nil.
func (s *Server) Instance(id string) *Instance {
	for _, i := range s.Instances() {
		if i.id == id {
			return i
		}
	}
	return nil
}

// Clock returns the clock that locks, limits, lags and times in answers go by.
func (s *Server) Clock() *Clock { return s.clock }

// Journal returns every request to the API, oldest first. Requests to the control path are not in it.
func (s *Server) Journal() Entries { return s.journal.of("") }

// ResetJournal forgets every request.
func (s *Server) ResetJournal() { s.journal.reset("") }

// InjectFault arms a fault and returns its id. Faults are tried in the order they were injected.
func (s *Server) InjectFault(f Fault) string { return s.faults.inject(f) }

// Faults returns the faults that still wait for requests, with Skip and Times counted down.
func (s *Server) Faults() []Fault { return s.faults.list("") }

// RemoveFault disarms a fault and ends the requests that hang on it. It reports whether there was one.
func (s *Server) RemoveFault(id string) bool {
	return s.faults.remove(func(f Fault) bool { return f.ID == id }) > 0
}

// ClearFaults disarms every fault and ends the requests that hang on one.
func (s *Server) ClearFaults() { s.faults.remove(func(Fault) bool { return true }) }

// Reset deletes every user, forgets the journal and the counts against rate limits, and disarms every fault. Instances, keys,
// settings and the clock stay.
func (s *Server) Reset() {
	s.ClearFaults()
	for _, i := range s.Instances() {
		i.Reset()
	}
	s.ResetJournal()
}

// Close ends requests that hang on a fault or wait out a latency. The server goes on answering.
func (s *Server) Close() { s.close.Do(func() { close(s.closed) }) }

// credential returns what a key stands for; ok is false for an unknown key.
func (s *Server) credential(key string) (c credential, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok = s.keys[key]
	return c, ok
}

func (s *Server) addKey(key string, i *Instance) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.keys[key].id
	if id == "" {
		s.keysMade++
		id = "key-" + strconv.Itoa(s.keysMade)
	}
	s.keys[key] = credential{instance: i, id: id}
	return id
}

func (s *Server) revokeKey(key string, i *Instance) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[key].instance != i {
		return false
	}
	delete(s.keys, key)
	return true
}
