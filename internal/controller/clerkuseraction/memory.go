// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// memory is what this process remembers about objects between passes. None of it is needed to be right: after a restart
// an outcome that could not be written is one that is not known.
type memory struct {
	mu      sync.Mutex
	objects map[types.UID]*recollection
}

type recollection struct {
	// wrote is the resource version of our last write to the object.
	wrote string
	// failing is when passes began to fail for a reason that may pass; zero if the last one did not.
	failing time.Time
	// pause is how long none is made after the last one that failed so, and until is its end; zero after one that did not.
	pause time.Duration
	until time.Time
	// seen is when this process first saw the start on record that is named by begun; zero if it has seen none.
	seen, begun time.Time
	// queued is when passes began that went well up to the call and wait for its ticket; zero if the last one did not.
	queued time.Time
	// missed is when Clerk was asked for the user and had none, while that waits to be confirmed; zero if it does not.
	missed time.Time
	// called is true once a call that this process began has ended, so that none is under way.
	called bool
	// debt is what a call came to, its end or that it was refused for now, and could not be written.
	debt *v1alpha1.ClerkUserActionStatus
}

const (
	firstPause = time.Second
	lastPause  = time.Minute
)

func newMemory() *memory { return &memory{objects: map[types.UID]*recollection{}} }

// change calls the function with the recollection of an object.
func (m *memory) change(uid types.UID, with func(*recollection)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, found := m.objects[uid]
	if !found {
		o = &recollection{}
		m.objects[uid] = o
	}
	with(o)
}

// of returns what is remembered of an object.
func (m *memory) of(uid types.UID) recollection {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, found := m.objects[uid]; found {
		return *o
	}
	return recollection{}
}

// forget drops what is remembered of an object that is gone.
func (m *memory) forget(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, uid)
}

// wroteObject records the resource version of a write of ours.
func (m *memory) wroteObject(uid types.UID, version string) {
	m.change(uid, func(o *recollection) { o.wrote = version })
}

// outdated reports whether a copy of an object is older than our last write to it. Its successor is on the way.
func (m *memory) outdated(uid types.UID, version string) bool {
	wrote := m.of(uid).wrote
	if wrote == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(version, wrote)
	return err == nil && order < 0
}

// failingFor records a pass that failed, and returns how long passes have been failing.
func (m *memory) failingFor(uid types.UID, now time.Time) (since time.Duration) {
	m.change(uid, func(o *recollection) {
		if o.failing.IsZero() {
			o.failing = now
		}
		since = now.Sub(o.failing)
	})
	return since
}

// succeeded records a pass that did not fail for a reason that may pass.
func (m *memory) succeeded(uid types.UID) {
	m.change(uid, func(o *recollection) { o.failing, o.pause, o.until = time.Time{}, 0, time.Time{} })
}

// rest has no pass be made for a second after one that failed, for twice as long after each further one, and for a minute at
// most. The queue's own pauses do not suffice: what a pass writes wakes the next one.
func (m *memory) rest(uid types.UID, now time.Time) {
	m.restFor(uid, now, min(max(2*m.of(uid).pause, firstPause), lastPause))
}

// restFor has no pass be made for so long.
func (m *memory) restFor(uid types.UID, now time.Time, pause time.Duration) {
	m.change(uid, func(o *recollection) { o.pause, o.until = pause, now.Add(pause) })
}

// resting returns how long no pass is to be made yet.
func (m *memory) resting(uid types.UID, now time.Time) time.Duration {
	o := m.of(uid)
	return min(max(o.until.Sub(now), 0), o.pause)
}

// seenFor returns for how long this process has known of a start that is on record.
func (m *memory) seenFor(uid types.UID, begun, now time.Time) (since time.Duration) {
	m.change(uid, func(o *recollection) {
		if !o.begun.Equal(begun) {
			o.begun, o.seen = begun, now
		}
		since = now.Sub(o.seen)
	})
	return since
}

// queue records a pass that lacks nothing but the ticket for the call.
func (m *memory) queue(uid types.UID, now time.Time) {
	m.change(uid, func(o *recollection) {
		if o.queued.IsZero() {
			o.queued = now
		}
	})
}

// queuedFor returns for how long passes have lacked nothing but a ticket.
func (m *memory) queuedFor(uid types.UID, now time.Time) time.Duration {
	if queued := m.of(uid).queued; !queued.IsZero() {
		return now.Sub(queued)
	}
	return 0
}

// leaveQueue records a pass that did not end for lack of a ticket.
func (m *memory) leaveQueue(uid types.UID) {
	m.change(uid, func(o *recollection) { o.queued = time.Time{} })
}

// endCall records that a call which this process began has ended.
func (m *memory) endCall(uid types.UID) {
	m.change(uid, func(o *recollection) { o.called = true })
}

// called reports whether endCall was called.
func (m *memory) called(uid types.UID) bool { return m.of(uid).called }

// owe keeps what could not be written.
func (m *memory) owe(uid types.UID, end *v1alpha1.ClerkUserActionStatus) {
	m.change(uid, func(o *recollection) { o.debt = end })
}

// owed returns what could not be written; nil if there is nothing.
func (m *memory) owed(uid types.UID) *v1alpha1.ClerkUserActionStatus { return m.of(uid).debt }

// pay drops what was owed, since it is written now.
func (m *memory) pay(uid types.UID) {
	m.change(uid, func(o *recollection) { o.debt = nil })
}
