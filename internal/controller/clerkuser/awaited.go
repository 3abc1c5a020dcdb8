// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// awaited is an identifier of a Clerk instance that another user has and an object declares.
type awaited struct {
	instanceID string
	identifier clerk.Identifier
}

// awaitedIdentifiers knows which objects were refused which identifiers, so that they try again as soon as the operator has
// removed one from another user. It is only a matter of time: without it they try again later. It is safe for concurrent use.
type awaitedIdentifiers struct {
	mu      sync.Mutex
	objects map[awaited]map[types.UID]struct{}
	awaits  map[types.UID][]awaited
	// freed is when an identifier was removed from a user, for refusals that are still on their way.
	freed map[awaited]time.Time
}

// freedFor is how long it is remembered that an identifier was removed: longer than a call may take.
const freedFor = time.Minute

func newAwaitedIdentifiers() *awaitedIdentifiers {
	return &awaitedIdentifiers{
		objects: map[awaited]map[types.UID]struct{}{},
		awaits:  map[types.UID][]awaited{},
		freed:   map[awaited]time.Time{},
	}
}

// add records that an object was refused identifiers by a call made at the time given, and reports whether one of them was
// removed from another user since.
func (a *awaitedIdentifiers) add(uid types.UID, identifiers []awaited, asked time.Time) (freed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, identifier := range identifiers {
		if at, found := a.freed[identifier]; found && !at.Before(asked) {
			freed = true
		}
		if _, found := a.objects[identifier]; !found {
			a.objects[identifier] = map[types.UID]struct{}{}
		}
		if _, found := a.objects[identifier][uid]; !found {
			a.objects[identifier][uid] = struct{}{}
			a.awaits[uid] = append(a.awaits[uid], identifier)
		}
	}
	return freed
}

// forget drops an object.
func (a *awaitedIdentifiers) forget(uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, identifier := range a.awaits[uid] {
		delete(a.objects[identifier], uid)
		if len(a.objects[identifier]) == 0 {
			delete(a.objects, identifier)
		}
	}
	delete(a.awaits, uid)
}

// free records that identifiers were removed from a user, and returns the objects that were refused one of them.
func (a *awaitedIdentifiers) free(identifiers []awaited, now time.Time) []types.UID {
	a.mu.Lock()
	defer a.mu.Unlock()
	for identifier, at := range a.freed {
		if now.Sub(at) > freedFor {
			delete(a.freed, identifier)
		}
	}
	var uids []types.UID
	for _, identifier := range identifiers {
		a.freed[identifier] = now
		for uid := range a.objects[identifier] {
			uids = append(uids, uid)
		}
	}
	return uids
}

// await records that the object was refused identifiers by a call made at the time given. If one of them is free by now, the
// object tries again at once.
func (p *pass) await(identifiers []clerk.Identifier, asked time.Time) {
	if p.identifiers.add(p.user.UID, p.inInstance(identifiers), asked) {
		p.retry([]types.UID{p.user.UID})
	}
}

// free has the objects try again that were refused identifiers which no user has any more.
func (p *pass) free(identifiers []clerk.Identifier) {
	if len(identifiers) > 0 {
		p.retry(p.identifiers.free(p.inInstance(identifiers), p.Now()))
	}
}

func (p *pass) inInstance(identifiers []clerk.Identifier) []awaited {
	all := make([]awaited, 0, len(identifiers))
	for _, identifier := range identifiers {
		all = append(all, awaited{p.in.connection.InstanceID, identifier})
	}
	return all
}

// retry has objects try again what Clerk refused them.
func (r *Reconciler) retry(uids []types.UID) {
	for _, uid := range uids {
		r.memory.retry(uid)
	}
	r.retried.Put(uids...)
}
