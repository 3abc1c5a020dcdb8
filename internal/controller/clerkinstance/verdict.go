// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"errors"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// problem is an error whose fate is known where it is found.
type problem struct {
	reason, message string
	// stalled says that somebody has to change something.
	stalled bool
}

// Error returns the message for people.
func (p *problem) Error() string { return p.message }

func secretNotFound(message string) error {
	return &problem{reason: v1alpha1.ReasonSecretNotFound, message: message}
}

func isSecretNotFound(err error) bool {
	p, ok := errors.AsType[*problem](err)
	return ok && p.reason == v1alpha1.ReasonSecretNotFound
}

// verdict is what a pass means for status, for users and for the next pass.
type verdict struct {
	// unchanged leaves Ready as it was.
	unchanged       bool
	ready           bool
	stalled         bool
	reason, message string
	// state is for the users; nil leaves theirs as it was.
	state *connection.State
	after time.Duration
	err   error
}

// judge turns what a pass learned into a verdict.
func (r *Reconciler) judge(instance *v1alpha1.ClerkInstance, o outcome) verdict {
	v := verdict{after: r.SecretInterval}
	if p, ok := errors.AsType[*problem](o.err); ok {
		return v.notReady(p.reason, p.message, p.stalled)
	}
	if clerk.Unauthorized(o.err) {
		return v.notReady(v1alpha1.ReasonKeyRejected, fmt.Sprintf(
			"Clerk rejects the key in Secret %s; put a valid secret key of the instance there", instance.Spec.SecretKeyRef.Name), true)
	}
	if at, ok := clerk.Waiting(o.err); ok {
		v.unchanged, v.after = true, max(at.Sub(r.Now()), time.Millisecond)
		return v
	}
	if rejected, ok := clerk.Rejected(o.err); ok {
		return v.notReady(v1alpha1.ReasonRejectedByClerk, rejected.Error(), true)
	}
	if o.err != nil {
		v.unchanged, v.err = true, o.err
		return v
	}
	v.state = &connection.State{Connection: o.connection}
	if !instance.DeletionTimestamp.IsZero() {
		v.reason, v.message = v1alpha1.ReasonDeleting, o.tally.String()+"; delete them, or set their deletionPolicy to Retain"
		return v
	}
	if o.mirror.Stale {
		v.reason = v1alpha1.ReasonMirrorStale
		v.message = "Clerk's list of users cannot be read for some time; it is tried again. What is changed at Clerk goes unnoticed meanwhile"
		return v
	}
	v.ready, v.reason, v.message = true, v1alpha1.ReasonKeyAccepted, acceptedMessage(instance, o)
	return v
}

func (v verdict) notReady(reason, message string, stalled bool) verdict {
	v.reason, v.message, v.stalled = reason, message, stalled
	v.state = &connection.State{Problem: message}
	return v
}

func acceptedMessage(instance *v1alpha1.ClerkInstance, o outcome) string {
	ref := instance.Spec.SecretKeyRef
	switch {
	case o.keyMissing:
		return fmt.Sprintf("the key is gone from entry %s of Secret %s; the one read before serves on until the operator restarts",
			ref.EntryKey(), ref.Name)
	case unpinned(o.connection.InstanceID):
		return "Clerk accepts the key, but the key may not ask which instance it belongs to: a change of instance goes unnoticed"
	default:
		return fmt.Sprintf("the key in Secret %s belongs to instance %s", ref.Name, o.connection.InstanceID)
	}
}
