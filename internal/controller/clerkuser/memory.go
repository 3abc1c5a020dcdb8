// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"math"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// memory is what this process remembers about objects between passes. None of it is needed to be right: after a restart
// a rejected call may be made once more.
type memory struct {
	mu      sync.Mutex
	objects map[types.UID]*recollection
}

type recollection struct {
	// name is the object's.
	name types.NamespacedName
	hold *hold
	// retry is the identifiers that may be granted now although Clerk refused them.
	retry []clerk.Identifier
	// lookFirst is true while a look for the user is due before another creating call. taken is the refusal of a creating
	// call whose look-up is still due.
	lookFirst bool
	taken     *takenRefusal
	// lookUps are answers of this and earlier passes that had to wait before they were done.
	lookUps map[clerk.Identifier]lookUp
	// announced is true if this process wrote the annotation that precedes the first creating call, and so knows of all
	// of them. doubt is true while the answer to one is missing.
	announced, doubt bool
	// queuedFor is the generation of a spec whose user is not created yet for want of a ticket; 0 is none.
	queuedFor int64
	// failing is since when passes have been failing for a reason that may pass.
	failing time.Time
	// wrote is the resource version of our last write to the object.
	wrote string
	// spent is true once the deletion brake has counted the object; braked is when it held it first.
	spent  bool
	braked time.Time
	// deleted is the id of the user that was deleted with the object; "" is none.
	deleted string
	fields  *fieldMemory
	// inclusions are what is remembered of the lists that status includes.
	inclusions map[v1alpha1.StatusInclude]inclusion
	// record is status.applied as this process knows it, and recordAt is when it saw an entry of it first that was not there
	// before.
	record   *v1alpha1.Applied
	recordAt time.Time
	// wish is the newest one that this process has seen, and since is when it saw it first.
	wish  wish
	since time.Time
}

// hold keeps a pass that failed for good from being made again before something changed or its time has come.
type hold struct {
	circumstances circumstances
	err           error
	until         time.Time
	attempts      int
}

// circumstances are what a failure for good depended on.
type circumstances struct {
	generation, instanceGeneration   int64
	instanceID, reconcileRequestedAt string
	// sources is a digest of what the spec's Secrets and ConfigMaps held.
	sources  string
	deleting bool
}

const (
	firstHold = 5 * time.Minute
	longHold  = 6 * time.Hour
)

func newMemory() *memory {
	return &memory{objects: map[types.UID]*recollection{}}
}

// of returns the recollection of an object; the caller holds the lock.
func (m *memory) of(uid types.UID) *recollection {
	o, found := m.objects[uid]
	if !found {
		o = &recollection{}
		m.objects[uid] = o
	}
	return o
}

// meet records the name of an object.
func (m *memory) meet(uid types.UID, name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).name = name
}

// nameOf returns the name of an object that this process has met.
func (m *memory) nameOf(uid types.UID) (name types.NamespacedName, met bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, met := m.objects[uid]
	if !met {
		return name, false
	}
	return o.name, o.name.Name != ""
}

// forget drops what is remembered of an object that is gone.
func (m *memory) forget(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, uid)
}

// held returns the hold on an object if it still stands.
func (m *memory) held(uid types.UID, c circumstances, now time.Time) (hold, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.of(uid).hold
	if h == nil || h.circumstances != c || !now.Before(h.until) {
		return hold{}, false
	}
	return *h, true
}

// holdBack records a failure for good and returns how long the object is left alone: five minutes, doubling to six hours
// as long as nothing changes.
func (m *memory) holdBack(uid types.UID, c circumstances, err error, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	attempts := 0
	if o.hold != nil && o.hold.circumstances == c {
		attempts = o.hold.attempts + 1
	}
	pause := holdFor(attempts)
	o.hold = &hold{circumstances: c, err: err, until: now.Add(pause), attempts: attempts}
	return pause
}

// holdFor is how long something that failed for good is left alone, given how often it failed before.
func holdFor(attempts int) time.Duration {
	return min(time.Duration(float64(firstHold)*math.Pow(2, float64(min(attempts, 16)))), longHold)
}

// release lifts the hold on an object because another object, in whose way it may have been, is gone. What Clerk refused for
// another reason is left alone: it would be refused again with every object that goes.
func (m *memory) release(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.of(uid); o.hold != nil {
		if _, rejected := clerk.Rejected(o.hold.err); !rejected {
			o.hold = nil
		}
	}
}

// retry records that an identifier that Clerk refused the object may be granted now.
func (m *memory) retry(uid types.UID, identifier clerk.Identifier) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	o.retry = append(o.retry, identifier)
}

// beginRetry has the object ask again for the identifiers that may be granted now. The caller is the object's next pass.
func (m *memory) beginRetry(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if len(o.retry) == 0 {
		return
	}
	if o.fields != nil {
		o.fields.retry(o.retry)
	}
	o.retry, o.hold, o.taken, o.lookUps = nil, nil, nil, nil
}

// loseAnswer records that a creating call may have been carried out without our knowing.
func (m *memory) loseAnswer(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	o.doubt, o.lookFirst = true, true
}

// answered records that the user was created, and everything about how is settled.
func (m *memory) answered(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	o.announced, o.doubt, o.lookFirst, o.taken, o.spent, o.braked = false, false, false, nil, false, time.Time{}
}

// looked records that a look for the user of a lost answer found none. The doubt stays, since lists lag.
func (m *memory) looked(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).lookFirst = false
}

// doubt records that it is not certain that a creating call was refused.
func (m *memory) doubt(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).doubt = true
}

// announce records that this process is the first to send a creating call for the object.
func (m *memory) announce(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).announced = true
}

// nothingCreated reports whether every creating call for the object was refused.
func (m *memory) nothingCreated(uid types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	return o.announced && !o.doubt
}

// lookDue reports whether a creating call may have been carried out without our knowing, and nobody has looked since.
func (m *memory) lookDue(uid types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(uid).lookFirst
}

// queue records whether an object waits for the ticket of a creating call.
func (m *memory) queue(uid types.UID, generation int64, waiting bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	o.queuedFor = 0
	if waiting {
		o.queuedFor = generation
	}
}

// queued reports whether an object waited for the ticket of a creating call under this generation.
func (m *memory) queued(uid types.UID, generation int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(uid).queuedFor == generation && generation != 0
}

// failingFor records a pass that failed, and returns how long passes have been failing.
func (m *memory) failingFor(uid types.UID, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if o.failing.IsZero() {
		o.failing = now
	}
	return now.Sub(o.failing)
}

// succeeded records a pass that did not fail for a reason that may pass.
func (m *memory) succeeded(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).failing = time.Time{}
}

// wroteObject records the resource version of a write of ours.
func (m *memory) wroteObject(uid types.UID, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).wrote = version
}

// outdated reports whether a copy of an object is older than our last write to it. Its successor is on the way.
func (m *memory) outdated(uid types.UID, version string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	wrote := m.of(uid).wrote
	if wrote == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(version, wrote)
	return err == nil && order < 0
}

// spend records that the deletion brake has counted the object.
func (m *memory) spend(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).spent = true
}

// brakeHeld records that the deletion brake holds the object.
func (m *memory) brakeHeld(uid types.UID, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.of(uid); o.braked.IsZero() {
		o.braked = now
	}
}

// unbrake records that the user that the brake held something back for is there.
func (m *memory) unbrake(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).braked = time.Time{}
}

// heldByBrake returns when the deletion brake held the object first, if it does.
func (m *memory) heldByBrake(uid types.UID) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.of(uid).braked
	return at, !at.IsZero()
}

// spent reports whether the deletion brake has counted the object.
func (m *memory) spent(uid types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(uid).spent
}

// deleteUser records that Clerk confirmed the deletion of the object's user.
func (m *memory) deleteUser(uid types.UID, userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).deleted = userID
}

// deletedUser returns the id of the user that was deleted with the object; "" if none was.
func (m *memory) deletedUser(uid types.UID) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(uid).deleted
}

// fields returns what is remembered of an object's fields. It is used by one pass at a time, and begins anew with every
// generation, and with every digest of what the spec's sources hold.
func (m *memory) fields(uid types.UID, generation int64, sources string) *fieldMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if o.fields == nil || o.fields.generation != generation || o.fields.sources != sources {
		o.fields = newFieldMemory(generation, sources)
	}
	return o.fields
}

// wish names what people ask for: a spec, and a fresh look.
type wish struct {
	generation           int64
	reconcileRequestedAt string
}

// firstSeen returns when this process saw what is asked of an object first.
func (m *memory) firstSeen(uid types.UID, w wish, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if o.wish != w || o.since.IsZero() {
		o.wish, o.since = w, now
	}
	return o.since
}
