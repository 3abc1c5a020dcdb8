// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package connection keeps, for every ClerkInstance, the way to Clerk that its controller has checked. The controller of
// ClerkInstances puts connections in and takes them out; the controller of ClerkUsers uses them and is woken when one
// changes. Secret keys live here, in memory, and nowhere else in the operator.
package connection

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Connection is a checked way to one Clerk instance.
type Connection struct {
	// InstanceID is the id of the instance that the key was seen to belong to.
	InstanceID string
	// Environment of that instance.
	Environment v1alpha1.Environment
	// Client calls Clerk with the instance's key, within its budget.
	Client *clerk.Client
	// Mirror holds the instance's users as last seen; one for all ClerkInstances with the same InstanceID.
	Mirror *mirror.Mirror
}

// State is what the controller of ClerkInstances found out last: a connection, or why there is none.
type State struct {
	// Connection is nil while the instance cannot be used.
	Connection *Connection
	// Problem says in one sentence why it cannot be used; "" with a Connection.
	Problem string
	// UID and Generation are of the ClerkInstance that this was found out about. What holds for an earlier spec says
	// nothing about a later one, which may name another key.
	UID        types.UID
	Generation int64
}

// Pool holds the State of every ClerkInstance. It is safe for concurrent use.
type Pool struct {
	now     func() time.Time
	changed chan types.NamespacedName
	doubted chan types.NamespacedName

	mu      sync.Mutex
	states  map[types.NamespacedName]State
	mirrors map[string]*mirror.Mirror
}

// NewPool returns an empty pool that tells the time with now.
func NewPool(now func() time.Time) *Pool {
	return &Pool{
		now:     now,
		changed: make(chan types.NamespacedName, backlog),
		doubted: make(chan types.NamespacedName, backlog),
		states:  map[types.NamespacedName]State{},
		mirrors: map[string]*mirror.Mirror{},
	}
}

// backlog is how many announcements may wait to be heard.
const backlog = 1024

// State returns what is known about a ClerkInstance; known is false until its controller has looked at it in this
// process.
func (p *Pool) State(instance types.NamespacedName) (s State, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known = p.states[instance]
	return s, known
}

// Set records what was found out about a ClerkInstance, and announces it on Changed if it is anything new: a key that was
// checked again after it was doubted makes a new Connection.
func (p *Pool) Set(instance types.NamespacedName, s State) {
	p.mu.Lock()
	before, known := p.states[instance]
	p.states[instance] = s
	p.mu.Unlock()
	if !known || before != s {
		p.changed <- instance
	}
}

// Drop forgets a ClerkInstance that is gone.
func (p *Pool) Drop(instance types.NamespacedName) {
	p.mu.Lock()
	delete(p.states, instance)
	p.mu.Unlock()
}

// Doubt asks the controller of ClerkInstances to check a key again, because Clerk refused it in a call. Where many ask at
// once, some are not heard: one check serves them all.
func (p *Pool) Doubt(instance types.NamespacedName) {
	select {
	case p.doubted <- instance:
	default:
	}
}

// Doubted delivers the ClerkInstances whose key has to be checked again. There is one reader.
func (p *Pool) Doubted() <-chan types.NamespacedName {
	return p.doubted
}

// Changed delivers the ClerkInstances whose users have to look again. There is one reader.
func (p *Pool) Changed() <-chan types.NamespacedName {
	return p.changed
}

// Mirror returns the mirror of a Clerk instance, the same for everyone who asks for the same id.
func (p *Pool) Mirror(instanceID string) *mirror.Mirror {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, found := p.mirrors[instanceID]
	if !found {
		m = mirror.New(p.now)
		p.mirrors[instanceID] = m
	}
	return m
}
