// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
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

// refusedInUse says of a key that Clerk accepts when it is asked whose the key is, and refuses in the calls that matter.
func refusedInUse(instance *v1alpha1.ClerkInstance) error {
	return &problem{
		reason: v1alpha1.ReasonKeyRejected,
		message: fmt.Sprintf("Clerk accepts the key in Secret %s for GET /instance and refuses it in other calls (401); "+
			"put a key there that may call the Users API, or look at what stands between the operator and the API", instance.Spec.SecretKeyRef.Name),
		stalled: true,
	}
}

// verdict is what a pass means for status, for users and for the next pass.
type verdict struct {
	// unchanged leaves Ready as it was; message says then why there is no verdict.
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
	if came, useless := clerk.Useless(o.err); useless {
		return r.judgeUseless(instance, came)
	}
	if o.err != nil {
		v.unchanged, v.err, v.message = true, o.err, reconcile.StableText(o.err)
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

// judgeUseless is for an answer to GET /instance that cannot be Clerk's. Users keep the connection that was checked for this
// very spec: what answers so now may be a proxy that is being restarted.
func (r *Reconciler) judgeUseless(instance *v1alpha1.ClerkInstance, came string) verdict {
	v := verdict{after: r.SecretInterval}.notReady(v1alpha1.ReasonUnexpectedAnswer, fmt.Sprintf(
		"what answers at spec.apiURL is not Clerk's API: GET /instance came back with %s; "+
			"check the path in spec.apiURL (Clerk's is /v1) and any proxy in between", came), false)
	known, _ := r.Pool.State(types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name})
	if known.Connection != nil && known.UID == instance.UID && known.Generation == instance.Generation {
		v.state = nil
	}
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
