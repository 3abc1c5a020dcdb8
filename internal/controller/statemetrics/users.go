// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

const (
	// noReason is the reason of an object without the condition Ready, and otherReason one that this version does not know.
	noReason    = "none"
	otherReason = "other"
)

// readyStates returns every state of a ClerkUser that is counted.
func readyStates() []clerkuser.ReadyState {
	return append(clerkuser.ReadyStates(),
		clerkuser.ReadyState{Status: metav1.ConditionTrue, Reason: otherReason},
		clerkuser.ReadyState{Status: metav1.ConditionFalse, Reason: otherReason},
		clerkuser.ReadyState{Status: metav1.ConditionUnknown, Reason: otherReason},
		clerkuser.ReadyState{Status: metav1.ConditionUnknown, Reason: noReason},
	)
}

// candidates are the ClerkInstances that a ClerkUser may lead to; the first that exists is used. There are at most three, and the
// rest is empty. A ClerkUser that its ClerkInstance does not admit has none.
type candidates [3]types.NamespacedName

// userKind is what ClerkUsers that are counted together have in common.
type userKind struct {
	candidates candidates
	state      clerkuser.ReadyState
	suspended  bool
}

// users counts ClerkUsers. It is safe for concurrent use.
type users struct {
	// references maps ClerkUsers to ClerkInstances. It reads nothing.
	references index.References
	known      map[clerkuser.ReadyState]bool

	mu     sync.Mutex
	counts counts[userKind]
	// outOfSync are the times since when ClerkUsers are out of sync, by their candidates.
	outOfSync map[candidates]times
}

func newUsers(defaultInstance types.NamespacedName) *users {
	u := &users{
		references: index.References{Default: defaultInstance},
		known:      map[clerkuser.ReadyState]bool{},
		counts:     counts[userKind]{},
		outOfSync:  map[candidates]times{},
	}
	for _, state := range readyStates() {
		u.known[state] = true
	}
	return u
}

func (u *users) add(user *v1alpha1.ClerkUser)    { u.count(user, 1) }
func (u *users) remove(user *v1alpha1.ClerkUser) { u.count(user, -1) }

func (u *users) count(user *v1alpha1.ClerkUser, by int) {
	kind := userKind{state: u.stateOf(user), suspended: user.Spec.Suspended()}
	if kind.state.Reason != v1alpha1.ReasonNotAllowed {
		kind.candidates = u.candidatesOf(user)
	}
	since := outOfSyncSince(user, kind)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.counts.change(kind, by)
	if since == 0 {
		return
	}
	if u.outOfSync[kind.candidates] == nil {
		u.outOfSync[kind.candidates] = times{}
	}
	u.outOfSync[kind.candidates].change(since, by)
	if len(u.outOfSync[kind.candidates]) == 0 {
		delete(u.outOfSync, kind.candidates)
	}
}

// candidatesOf returns the ClerkInstances through which the controller reconciles a user, or removes it.
func (u *users) candidatesOf(user *v1alpha1.ClerkUser) (all candidates) {
	names := u.references.Names(user)
	if !user.DeletionTimestamp.IsZero() {
		names = u.references.RemovalNames(user)
	}
	copy(all[:], names)
	return all
}

func (u *users) stateOf(user *v1alpha1.ClerkUser) clerkuser.ReadyState {
	ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
	if meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionSuspended) {
		// Ready tells how the user was before, if it is there.
		return clerkuser.ReadyState{Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonSuspended}
	}
	if ready == nil {
		return clerkuser.ReadyState{Status: metav1.ConditionUnknown, Reason: noReason}
	}
	state := clerkuser.ReadyState{Status: ready.Status, Reason: ready.Reason}
	if state.Status != metav1.ConditionTrue && state.Status != metav1.ConditionFalse {
		state.Status = metav1.ConditionUnknown
	}
	if !u.known[state] {
		state.Reason = otherReason
	}
	return state
}

// outOfSyncSince returns since when Ready is not True: for an object without it, since the object was created. It is 0 for a user
// that is ready, is suspended, or waits for the deletion brake or the deletion delay.
func outOfSyncSince(user *v1alpha1.ClerkUser, kind userKind) int64 {
	switch {
	case kind.state.Status == metav1.ConditionTrue, kind.suspended, kind.state.Reason == v1alpha1.ReasonDeletionHeld,
		kind.state.Reason == v1alpha1.ReasonDeletionPending:
		return 0
	}
	since := user.CreationTimestamp.Unix()
	if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		// Others than the operator may have written this time. One before the creation, or before 1970, would keep an alert silent.
		since = max(since, ready.LastTransitionTime.Unix())
	}
	return max(since, 1)
}

// userTotals are the numbers of one Clerk instance.
type userTotals struct {
	states    map[clerkuser.ReadyState]int
	suspended int
	// oldest is since when the user that is out of sync for longest is; 0 is none.
	oldest int64
}

// totals returns the numbers by the id of the Clerk instance. instanceOf returns the id to which candidates lead; "" is none.
func (u *users) totals(instanceOf func(candidates) string) map[string]*userTotals {
	all := map[string]*userTotals{}
	of := func(id string) *userTotals {
		if all[id] == nil {
			all[id] = &userTotals{states: map[clerkuser.ReadyState]int{}}
		}
		return all[id]
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for kind, number := range u.counts {
		total := of(instanceOf(kind.candidates))
		total.states[kind.state] += number
		if kind.suspended {
			total.suspended += number
		}
	}
	for from, since := range u.outOfSync {
		total, first := of(instanceOf(from)), earliest(since)
		if total.oldest == 0 || first < total.oldest {
			total.oldest = first
		}
	}
	return all
}
