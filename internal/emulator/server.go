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
	// BasePath is the path of the API; a client's base URL ends with it.
	BasePath = "/v1"
	// ControlPath is the path of the emulator's own HTTP requests.
	ControlPath = "/_emulator"
)

// Config configures a Server. The zero value is a server that uses the machine's clock and answers at once.
type Config struct {
	// Now is the base of the server's clock; nil means the machine's clock. To stop time, a test passes a function that
	// always returns the same time and moves it by Clock().Advance.
	Now func() time.Time
	// Latency is the delay before every answer, by the machine's clock.
	Latency time.Duration
	// JournalLimit is the number of requests in the journal before it drops the oldest; 0 means 100 000.
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
	changes *changes
	closed  chan struct{}
	close   sync.Once

	mu        sync.Mutex
	instances []*Instance
	keys      map[string]credential
	keysMade  int
}

// credential is what a secret key gives access to.
type credential struct {
	instance *Instance
	id       string
}

// New returns a server without instances.
func New(c Config) *Server {
	noted := &changes{}
	s := &Server{
		clock:   newClock(c.Now),
		latency: c.Latency,
		journal: newJournal(c.JournalLimit, noted),
		faults:  &faults{changes: noted},
		changes: noted,
		ids:     &idMaker{},
		closed:  make(chan struct{}),
		keys:    map[string]credential{},
	}
	s.api = s.routes()
	s.control = s.controlRoutes()
	return s
}

// InstanceConfig describes an instance to add to a Server.
type InstanceConfig struct {
	// ID is the instance's id; by default it is derived from the first key.
	ID string
	// Environment is the instance's environment. By default the first key's prefix decides; without a key it is
	// development.
	Environment Environment
	// Keys are its secret keys; by default one is generated. A key of another instance moves to this one.
	Keys []string
	// Settings are its settings; they can be changed later.
	Settings Settings
}

// AddInstance adds an empty instance. For a known id it returns that instance with the keys added and otherwise
// unchanged.
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

// Clock returns the clock for locks, limits, lags and times in answers.
func (s *Server) Clock() *Clock { return s.clock }

// Journal returns every request to the API, oldest first, without control requests.
func (s *Server) Journal() Entries { return s.journal.of("") }

// LatestRequests returns up to n requests for which match returns true, newest first, among the latest 10 000. match must not call the
// emulator.
func (s *Server) LatestRequests(n int, match func(Entry) bool) Entries {
	return s.journal.latest(n, match)
}

// Changed returns a channel that is closed at the next change of a user, of the journal or of the faults.
func (s *Server) Changed() <-chan struct{} { return s.changes.wait() }

// Closed returns a channel that Close closes. A response without an end has to end then.
func (s *Server) Closed() <-chan struct{} { return s.closed }

// ResetJournal forgets every request.
func (s *Server) ResetJournal() { s.journal.reset("") }

// InjectFault injects a fault and returns its id. Faults are tried in the order of injection.
func (s *Server) InjectFault(f Fault) string { return s.faults.inject(f) }

// Faults returns the faults that still wait for requests, with the remaining Skip and Times.
func (s *Server) Faults() []Fault { return s.faults.list("") }

// RemoveFault removes a fault and ends the requests that hang on it. It reports whether there was one.
func (s *Server) RemoveFault(id string) bool {
	return s.faults.remove(func(f Fault) bool { return f.ID == id }) > 0
}

// ClearFaults removes every fault and ends the requests that hang on one.
func (s *Server) ClearFaults() { s.faults.remove(func(Fault) bool { return true }) }

// Reset deletes every user, clears the journal and the rate limit counts, and removes every fault. Instances, keys,
// settings and the clock stay.
func (s *Server) Reset() {
	s.ClearFaults()
	for _, i := range s.Instances() {
		i.Reset()
	}
	s.ResetJournal()
}

// Close ends requests that hang on a fault or wait for a latency. The server continues to answer.
func (s *Server) Close() { s.close.Do(func() { close(s.closed) }) }

// credential returns the credential of a key; ok is false for an unknown key.
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
