// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Pool holds the State of every ClerkInstance, and what those that lead to the same Clerk instance share. It is safe for
// concurrent use.
type Pool struct {
	now func() time.Time

	changed, doubted, reported *Inbox[types.NamespacedName]
	changedUsers               *Inbox[string]

	mu     sync.Mutex
	states map[types.NamespacedName]State
	homes  map[string]*home

	identifiers *Identifiers

	// toServe are the ids of Clerk instances whose mirror may have to read with another client.
	toServe *Inbox[string]
	mirrors sync.WaitGroup
}

// NewPool returns an empty pool that tells the time with now.
func NewPool(now func() time.Time) *Pool {
	return &Pool{
		now:          now,
		changed:      NewInbox[types.NamespacedName](),
		doubted:      NewInbox[types.NamespacedName](),
		reported:     NewInbox[types.NamespacedName](),
		changedUsers: NewInbox[string](),
		identifiers:  newIdentifiers(),
		toServe:      NewInbox[string](),
		states:       map[types.NamespacedName]State{},
		homes:        map[string]*home{},
	}
}

// Start runs the mirrors until the context ends, and returns when all have ended.
func (p *Pool) Start(ctx context.Context) error {
	p.toServe.Read(ctx, func(ids []string) {
		for _, id := range ids {
			p.serve(ctx, id)
		}
	})
	p.mu.Lock()
	for _, h := range p.homes {
		h.halt()
	}
	p.mu.Unlock()
	p.mirrors.Wait()
	return nil
}

// State returns what is known about a ClerkInstance; known is false until its controller has looked at it in this
// process.
func (p *Pool) State(instance types.NamespacedName) (s State, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known = p.states[instance]
	return s, known
}

// Join says that a ClerkInstance leads to a Clerk instance, and on which terms, and returns what it shares there with
// others. It leaves the one that it led to before.
func (p *Pool) Join(name types.NamespacedName, instanceID string, terms Terms) (*clerk.Office, *mirror.Mirror) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(name, instanceID)
	h := p.home(instanceID)
	m, found := h.members[name]
	if !found {
		m = &member{}
		h.members[name] = m
	}
	if m.terms != terms {
		m.terms = terms
		h.apply()
	}
	return h.office, h.mirror
}

// Set records what was found out about a ClerkInstance, and announces it on Changed if it is anything new: a key that was
// checked again after it was doubted makes a new Connection.
func (p *Pool) Set(name types.NamespacedName, s State) {
	p.mu.Lock()
	before, known := p.states[name]
	p.states[name] = s
	for id, h := range p.homes {
		m, found := h.members[name]
		if !found {
			continue
		}
		m.client = nil
		if s.Connection != nil && s.Connection.InstanceID == id {
			m.client = s.Connection.Client
		}
		p.toServe.Put(id)
	}
	p.mu.Unlock()
	if !known || before != s {
		p.changed.Put(name)
	}
}

// Drop forgets a ClerkInstance that is gone.
func (p *Pool) Drop(name types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.states, name)
	p.leave(name, "")
}

// Mirror returns the mirror of a Clerk instance that some ClerkInstance leads to.
func (p *Pool) Mirror(instanceID string) (m *mirror.Mirror, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, found := p.homes[instanceID]
	if !found {
		return nil, false
	}
	return h.mirror, true
}

// Unbind ends the interest of every mirror in the user of an object that is gone or was let go.
func (p *Pool) Unbind(uid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.homes {
		h.mirror.Unbind(uid)
	}
}

// Doubt asks the controller of ClerkInstances to check a key again, because Clerk refused it in a call.
func (p *Pool) Doubt(name types.NamespacedName) { p.doubted.Put(name) }

// Doubted delivers the ClerkInstances whose key has to be checked again.
func (p *Pool) Doubted() *Inbox[types.NamespacedName] { return p.doubted }

// Reported delivers the ClerkInstances whose mirror has something new to report.
func (p *Pool) Reported() *Inbox[types.NamespacedName] { return p.reported }

// Changed delivers the ClerkInstances whose users have to look again.
func (p *Pool) Changed() *Inbox[types.NamespacedName] { return p.changed }

// ChangedUsers delivers the uids of objects whose users at Clerk are no longer as they were.
func (p *Pool) ChangedUsers() *Inbox[string] { return p.changedUsers }

// Identifiers knows which objects wait for which identifiers.
func (p *Pool) Identifiers() *Identifiers { return p.identifiers }

// home returns what is shared for a Clerk instance; the caller holds the lock.
func (p *Pool) home(instanceID string) *home {
	h, found := p.homes[instanceID]
	if found {
		return h
	}
	h = &home{instanceID: instanceID, members: map[types.NamespacedName]*member{}}
	members := func(inbox *Inbox[types.NamespacedName]) func() {
		return func() { inbox.Put(p.membersOf(h)...) }
	}
	h.office = clerk.NewOffice(clerk.OfficeConfig{
		Now:            p.now,
		OnOpen:         members(p.changed),
		OnUnauthorized: members(p.doubted),
	})
	h.mirror = mirror.New(mirror.Config{
		Now:      p.now,
		Changed:  func(followers []string) { p.changedUsers.Put(followers...) },
		Compared: members(p.changed),
		Doubted:  members(p.doubted),
		Reported: members(p.reported),
	})
	p.homes[instanceID] = h
	return h
}

func (p *Pool) membersOf(h *home) []types.NamespacedName {
	p.mu.Lock()
	defer p.mu.Unlock()
	return h.names()
}

// leave takes a ClerkInstance out of every home but the one given. A home without any is gone, and its mirror ends.
func (p *Pool) leave(name types.NamespacedName, except string) {
	for id, h := range p.homes {
		if _, found := h.members[name]; !found || id == except {
			continue
		}
		delete(h.members, name)
		if len(h.members) > 0 {
			h.apply()
			p.toServe.Put(id)
			continue
		}
		h.halt()
		delete(p.homes, id)
	}
}

// serve has the mirror of a Clerk instance run with the client of one of the ClerkInstances that lead to it, if one has any.
func (p *Pool) serve(ctx context.Context, instanceID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, found := p.homes[instanceID]
	if !found {
		return
	}
	client := h.choose()
	if client == h.client {
		return
	}
	h.halt()
	if client == nil {
		return
	}
	running, stop := context.WithCancel(ctx)
	h.client, h.stop = client, stop
	p.mirrors.Go(func() { h.mirror.Run(running, client.For(mirrorCaller()), h.instanceID) })
}
