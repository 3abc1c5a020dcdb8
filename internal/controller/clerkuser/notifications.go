// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// notifications come from event handlers and from the reconciliations of other objects.
type notifications struct {
	// freed has identifiers that Clerk refused as taken and that are free now.
	freed []clerk.Identifier
	// deleted has the names of deleted objects that may have blocked this one.
	deleted []string
	// transferred is true if another object has transferred its user to this one.
	transferred bool
	// deletedAt is when this process saw that the deletion of the object was requested. Zero: it did not see that.
	deletedAt time.Time
}

// notify adds a notification for the next reconciliation of an object.
func (s objectStates) notify(uid types.UID, change func(*notifications)) {
	s.Change(uid, func(e *objectEntry) {
		if e.notifications == nil {
			e.notifications = &notifications{}
		}
		change(e.notifications)
	})
}

// receive handles notifications.
func (o *objectState) receive(m notifications) {
	if len(m.deleted) > 0 && o.backOff != nil && endsWith(o.backOff.Err, m.deleted) {
		o.backOff = nil
	}
	if m.transferred {
		o.attempt.loseAnswer()
		o.backOff = nil
	}
	if !m.deletedAt.IsZero() && o.removal().deletedAt.IsZero() {
		o.removal().deletedAt = m.deletedAt
	}
	if len(m.freed) == 0 {
		return
	}
	if o.fields != nil {
		o.fields.retry(m.freed)
	}
	o.backOff, o.attempt.taken, o.lookUps = nil, nil, nil
}

// endsWith reports whether the deletion of objects may end a failure. A refusal by Clerk would be repeated after each deletion. An
// object that is known to wait for another one, as in a rename of many objects, would call Clerk after the deletion of each of them.
func endsWith(failure error, deleted []string) bool {
	if _, rejected := clerk.Rejected(failure); rejected {
		return false
	}
	problem, ok := errors.AsType[*reconcile.Problem](failure)
	return !ok || problem.Blocker == "" || slices.Contains(deleted, problem.Blocker)
}
