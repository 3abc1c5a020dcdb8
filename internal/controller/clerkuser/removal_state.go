// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import "time"

// removalState is what is remembered of the removal of an object's user, and of what the deletion brake paused.
type removalState struct {
	// pausedAt is when the brake first paused the object. counted is the id of the user that it counted; "" is none.
	pausedAt time.Time
	counted  string
	// deleted is the id of the user that was deleted with the object; "" is none.
	deleted string
	// deletedAt is as in notifications. since is the first reconciliation after the request.
	deletedAt, since time.Time
}

// removal returns the state of the removal. Most objects have none, and there may be many, so it takes memory only from the first call on.
func (o *objectState) removal() *removalState {
	if o.removing == nil {
		o.removing = &removalState{}
	}
	return o.removing
}

// pause records when the brake paused the object, if it was not paused before.
func (o *objectState) pause(at time.Time) {
	if o.removal().pausedAt.IsZero() {
		o.removal().pausedAt = at
	}
}

// unpause records that the brake does not pause the object any more.
func (o *objectState) unpause() {
	if o.removing != nil {
		o.removing.pausedAt = time.Time{}
	}
}
