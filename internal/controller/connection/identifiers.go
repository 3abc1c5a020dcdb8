// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Identifiers records which objects were refused which identifiers of a Clerk instance. They try again as soon as the
// operator has removed such an identifier from another user; otherwise they would try again later. It is safe for
// concurrent use.
type Identifiers struct {
	freed *DedupQueue[Freed]

	mu      sync.Mutex
	objects map[instanceIdentifier]map[string]struct{}
	awaited map[string][]instanceIdentifier
	// times is when an identifier was freed, for refusals that arrive later.
	times map[instanceIdentifier]time.Time
}

// Freed says that an object can try again to get an identifier that Clerk refused.
type Freed struct {
	// UID is the uid of the object.
	UID string
	// Identifier is in the case in which Clerk compares it.
	Identifier clerk.Identifier
}

type instanceIdentifier struct {
	instanceID string
	identifier clerk.Identifier
}

// freedFor is how long a freed identifier is remembered: longer than a call may take.
const freedFor = time.Minute

func newIdentifiers() *Identifiers {
	return &Identifiers{
		freed:   NewDedupQueue[Freed](),
		objects: map[instanceIdentifier]map[string]struct{}{},
		awaited: map[string][]instanceIdentifier{},
		times:   map[instanceIdentifier]time.Time{},
	}
}

// Await records that an object was refused identifiers in a call that began at asked. Identifiers that were freed since
// then are delivered at once.
func (i *Identifiers) Await(uid, instanceID string, identifiers []clerk.Identifier, asked time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, identifier := range identifiers {
		key := instanceIdentifier{instanceID, clerk.FoldIdentifier(identifier)}
		if at, found := i.times[key]; found && !at.Before(asked) {
			i.freed.Add(Freed{UID: uid, Identifier: key.identifier})
		}
		if _, found := i.objects[key]; !found {
			i.objects[key] = map[string]struct{}{}
		}
		if _, found := i.objects[key][uid]; !found {
			i.objects[key][uid] = struct{}{}
			i.awaited[uid] = append(i.awaited[uid], key)
		}
	}
}

// Forget removes an object that is deleted, or that has the identifiers.
func (i *Identifiers) Forget(uid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, key := range i.awaited[uid] {
		delete(i.objects[key], uid)
		if len(i.objects[key]) == 0 {
			delete(i.objects, key)
		}
	}
	delete(i.awaited, uid)
}

// Free records that identifiers were removed from a user, or may have been, and delivers the objects that wait for one.
func (i *Identifiers) Free(instanceID string, identifiers []clerk.Identifier, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for key, at := range i.times {
		if now.Sub(at) > freedFor {
			delete(i.times, key)
		}
	}
	for _, identifier := range identifiers {
		key := instanceIdentifier{instanceID, clerk.FoldIdentifier(identifier)}
		i.times[key] = now
		for uid := range i.objects[key] {
			i.freed.Add(Freed{UID: uid, Identifier: key.identifier})
		}
	}
}

// Freed delivers the objects that can try again.
func (i *Identifiers) Freed() *DedupQueue[Freed] { return i.freed }
