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

// Pool holds the State of every ClerkInstance, and what ClerkInstances of the same Clerk instance share. It is safe for
// concurrent use.
type Pool struct {
	// syncObserver is called after each call of a sync; nil for nothing.
	syncObserver func(instanceID, sync string, err error)

	now func() time.Time

	changed, keyChecks, reported *DedupQueue[types.NamespacedName]
	changedUsers                 *DedupQueue[string]

	mu     sync.Mutex
	states map[types.NamespacedName]State
	shared map[string]*sharedInstance

	identifiers *Identifiers
	// settled has the uids of pending deletions that are done and still in a status.
	settled map[string]struct{}

	// clientsDue are the ids of Clerk instances whose mirror may need another client.
	clientsDue *DedupQueue[string]
	mirrors    sync.WaitGroup
}

// NewPool returns an empty pool. The function now returns the current time.
func NewPool(now func() time.Time) *Pool {
	return &Pool{
		now:          now,
		changed:      NewDedupQueue[types.NamespacedName](),
		keyChecks:    NewDedupQueue[types.NamespacedName](),
		reported:     NewDedupQueue[types.NamespacedName](),
		changedUsers: NewDedupQueue[string](),
		identifiers:  newIdentifiers(),
		settled:      map[string]struct{}{},
		clientsDue:   NewDedupQueue[string](),
		states:       map[types.NamespacedName]State{},
		shared:       map[string]*sharedInstance{},
	}
}

// Start runs the mirrors until the context ends, and returns after all have stopped.
func (p *Pool) Start(ctx context.Context) error {
	p.clientsDue.Receive(ctx, func(ids []string) {
		for _, id := range ids {
			p.ensureClient(ctx, id)
		}
	})
	p.mu.Lock()
	for _, h := range p.shared {
		h.stopMirror()
	}
	p.mu.Unlock()
	p.mirrors.Wait()
	return nil
}

// State returns the state of a ClerkInstance. known is false until its controller has checked it in this process.
func (p *Pool) State(instance types.NamespacedName) (s State, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known = p.states[instance]
	return s, known
}

// InstanceID returns the id of the Clerk instance that a ClerkInstance uses: the one to which its key belonged when it was checked
// last. recorded is the id in its status, which counts only until the first check in this process has a result, because
// others than the operator may have written it. It is "" if the check found no Clerk instance.
func (p *Pool) InstanceID(name types.NamespacedName, recorded string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.joined(name); h != nil {
		return h.instanceID
	}
	if _, known := p.states[name]; known {
		return ""
	}
	return recorded
}

// Join records that a ClerkInstance uses a Clerk instance under these terms, and returns what it shares there with
// others. The ClerkInstance leaves the Clerk instance that it used before.
func (p *Pool) Join(name types.NamespacedName, instanceID string, terms Terms) (*clerk.RateLimiter, *mirror.Mirror) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(name, instanceID)
	h := p.sharedInstance(instanceID)
	m, found := h.members[name]
	if !found {
		m = &member{}
		h.members[name] = m
	}
	if m.terms != terms {
		m.terms = terms
		h.applyTerms()
	}
	return h.limiter, h.mirror
}

// Set records the state of a ClerkInstance, and adds it to Changed if the state is new. A key that was checked again on
// request makes a new Connection.
func (p *Pool) Set(name types.NamespacedName, s State) {
	p.mu.Lock()
	before, known := p.states[name]
	p.states[name] = s
	for id, h := range p.shared {
		m, found := h.members[name]
		if !found {
			continue
		}
		m.client = nil
		if s.Connection != nil && s.Connection.InstanceID == id {
			m.client = s.Connection.Client
		}
		p.clientsDue.Add(id)
	}
	p.mu.Unlock()
	if !known || before != s {
		p.changed.Add(name)
	}
}

// Drop forgets a deleted ClerkInstance.
func (p *Pool) Drop(name types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.states, name)
	p.leave(name, "")
}

// Mirror returns the mirror of a Clerk instance that some ClerkInstance uses.
func (p *Pool) Mirror(instanceID string) (m *mirror.Mirror, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, found := p.shared[instanceID]
	if !found {
		return nil, false
	}
	return h.mirror, true
}

// Unbind makes all mirrors forget an object that is deleted or no longer bound.
func (p *Pool) Unbind(uid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.shared {
		h.mirror.Unbind(uid)
	}
}

// RequestKeyCheck asks the controller of ClerkInstances to check a key again, because Clerk refused it in a call.
func (p *Pool) RequestKeyCheck(name types.NamespacedName) { p.keyChecks.Add(name) }

// KeyChecks delivers the ClerkInstances whose key must be checked again.
func (p *Pool) KeyChecks() *DedupQueue[types.NamespacedName] { return p.keyChecks }

// Reported delivers the ClerkInstances whose mirror has a new report.
func (p *Pool) Reported() *DedupQueue[types.NamespacedName] { return p.reported }

// Changed delivers the ClerkInstances whose ClerkUsers must be reconciled again.
func (p *Pool) Changed() *DedupQueue[types.NamespacedName] { return p.changed }

// ChangedUsers delivers the uids of objects whose users at Clerk have changed.
func (p *Pool) ChangedUsers() *DedupQueue[string] { return p.changedUsers }

// ObserveSyncs has a function called after each call of a sync of a mirror, with the id of the Clerk instance, the kind of the sync and
// the call's error. It must be called before the first connection is made.
func (p *Pool) ObserveSyncs(observe func(instanceID, sync string, err error)) {
	p.syncObserver = observe
}

// Identifiers returns the record of which objects wait for which identifiers.
func (p *Pool) Identifiers() *Identifiers { return p.identifiers }

// joined returns the shared instance of a ClerkInstance; nil if it has none. The caller holds the lock.
func (p *Pool) joined(name types.NamespacedName) *sharedInstance {
	for _, h := range p.shared {
		if _, found := h.members[name]; found {
			return h
		}
	}
	return nil
}

// sharedInstance returns what is shared for a Clerk instance. The caller holds the lock.
func (p *Pool) sharedInstance(instanceID string) *sharedInstance {
	h, found := p.shared[instanceID]
	if found {
		return h
	}
	h = &sharedInstance{
		instanceID: instanceID,
		label:      p.newLabel(instanceID),
		members:    map[types.NamespacedName]*member{},
		requests:   newRequestCounts(clerk.Operations()),
	}
	members := func(queue *DedupQueue[types.NamespacedName]) func() {
		return func() { queue.Add(p.membersOf(h)...) }
	}
	h.limiter = clerk.NewRateLimiter(clerk.RateLimiterConfig{
		Now:          p.now,
		OnRecovered:  members(p.changed),
		OnKeyRefused: members(p.keyChecks),
	})
	h.mirror = mirror.New(mirror.Config{
		Now:           p.now,
		Changed:       func(followers []string) { p.changedUsers.Add(followers...) },
		FullSynced:    members(p.changed),
		OtherInstance: members(p.keyChecks),
		Reported:      members(p.reported),
		Read: func(sync string, err error) {
			if p.syncObserver != nil {
				p.syncObserver(instanceID, sync, err)
			}
		},
	})
	p.shared[instanceID] = h
	return h
}

func (p *Pool) membersOf(h *sharedInstance) []types.NamespacedName {
	p.mu.Lock()
	defer p.mu.Unlock()
	return h.names()
}

// leave removes a ClerkInstance from every shared instance except the given one. A shared instance without members is
// removed, and its mirror stops.
func (p *Pool) leave(name types.NamespacedName, except string) {
	for id, h := range p.shared {
		if _, found := h.members[name]; !found || id == except {
			continue
		}
		delete(h.members, name)
		if len(h.members) > 0 {
			h.applyTerms()
			p.clientsDue.Add(id)
			continue
		}
		h.stopMirror()
		delete(p.shared, id)
	}
}

// ensureClient runs the mirror of a Clerk instance with the client of one of its ClerkInstances, if one has a client.
func (p *Pool) ensureClient(ctx context.Context, instanceID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, found := p.shared[instanceID]
	if !found {
		return
	}
	client := h.chooseClient()
	if client == h.client {
		return
	}
	h.stopMirror()
	if client == nil {
		return
	}
	running, stop := context.WithCancel(ctx)
	h.client, h.stop = client, stop
	p.mirrors.Go(func() { h.mirror.Run(running, client.For(mirrorCaller()), h.instanceID) })
}
