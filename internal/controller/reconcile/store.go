// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Store holds what this process remembers of objects between reconciliations: what all kinds have in common, and a T of the
// kind's own. Nothing of it is needed to be right; after a restart it is empty. An object of which nothing is remembered takes
// no memory. It is safe for concurrent use.
type Store[T any] struct {
	mu      sync.Mutex
	objects map[types.UID]*entry[T]
}

// entry is kept for each of many thousand objects.
type entry[T any] struct {
	name types.NamespacedName
	// wrote is the resource version of the last write to the object; "" is none.
	wrote string
	// asked is what was seen to be asked of the object last, and since is when it was seen first.
	asked Asked
	since time.Time
	// failing is since when reconciliations have been failing for a reason that passes by itself; zero if the last one did not.
	failing time.Time
	// state is the kind's own; nil is the zero value.
	state *T
}

// Asked names what people ask of an object: a spec, and that it is reconciled once more.
type Asked struct {
	// Generation is that of the spec.
	Generation int64
	// RequestedAt is the value of the annotation that asks for a reconciliation; "" is none.
	RequestedAt string
}

// NewStore returns an empty store.
func NewStore[T any]() *Store[T] { return &Store[T]{objects: map[types.UID]*entry[T]{}} }

// Meet records the name of an object.
func (s *Store[T]) Meet(o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry(o.GetUID()).name = client.ObjectKeyFromObject(o)
}

// Name returns the name of an object that this process has met.
func (s *Store[T]) Name(uid types.UID) (name types.NamespacedName, met bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.objects[uid]
	if !found {
		return name, false
	}
	return e.name, e.name.Name != ""
}

// Wrote records a write to an object, which is as the API server answered.
func (s *Store[T]) Wrote(o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry(o.GetUID()).wrote = o.GetResourceVersion()
}

// Outdated reports whether a copy of an object is older than the last write to it.
func (s *Store[T]) Outdated(o client.Object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.objects[o.GetUID()]
	if !found || e.wrote == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), e.wrote)
	return err == nil && order < 0
}

// FirstSeen returns when this process first saw what is asked of an object now. What was asked before that is forgotten.
func (s *Store[T]) FirstSeen(uid types.UID, asked Asked, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(uid)
	if e.asked != asked || e.since.IsZero() {
		e.asked, e.since = asked, now
	}
	return e.since
}

// FailingSince returns since when reconciliations of an object have been failing for a reason that passes by itself; zero if
// the last one did not.
func (s *Store[T]) FailingSince(uid types.UID) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, found := s.objects[uid]; found {
		return e.failing
	}
	return time.Time{}
}

// RecordFailures records what a result says of failures.
func (s *Store[T]) RecordFailures(uid types.UID, f Failures, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.objects[uid]
	switch {
	case f == FailuresContinue && (!found || e.failing.IsZero()):
		s.entry(uid).failing = now
	case f == FailuresEnd && found:
		e.failing = time.Time{}
	}
}

// Of returns the kind's own state of an object; the zero value if nothing is remembered. What it points at is shared.
func (s *Store[T]) Of(uid types.UID) (state T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, found := s.objects[uid]; found && e.state != nil {
		return *e.state
	}
	return state
}

// Change calls a function that changes the kind's own state of an object. It must not call the store.
func (s *Store[T]) Change(uid types.UID, change func(state *T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(uid)
	if e.state == nil {
		e.state = new(T)
	}
	change(e.state)
}

// Forget drops what is remembered of an object that is gone.
func (s *Store[T]) Forget(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, uid)
}

// entry returns what is kept of an object; the caller holds the lock.
func (s *Store[T]) entry(uid types.UID) *entry[T] {
	e, found := s.objects[uid]
	if !found {
		e = &entry[T]{}
		s.objects[uid] = e
	}
	return e
}
