// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// result is what an outcome means for status, for the queue and for users. Where it leaves the conditions unchanged, its message
// says why.
type result struct {
	reconcile.Result

	// state is for the users; nil leaves theirs as it was.
	state *connection.State
	// numbers are what status says in numbers. renumbered is true if they are others than before.
	numbers    numbers
	renumbered bool
	// released is as in outcome.
	released bool
}

// settings are what results depend on beside outcomes.
type settings struct {
	clusterID                     string
	secretInterval, countInterval time.Duration
	applyWindow                   time.Duration
}

// ResultFor says what an outcome means.
func (k kind) ResultFor(instance *v1alpha1.ClerkInstance, o *outcome) result {
	return resultFor(instance, o, k.settings())
}

func (r *Reconciler) settings() settings {
	return settings{r.ClusterID, r.SecretInterval, r.CountInterval, r.ApplyWindow}
}

// resultFor says what an outcome means.
func resultFor(instance *v1alpha1.ClerkInstance, o *outcome, s settings) result {
	if o.released && reconcile.IsOutdated(o.err) {
		r := repeated()
		r.released = true
		return r
	}
	if o.released {
		return result{Result: reconcile.Result{Unchanged: true, Err: o.err, Failures: reconcile.FailuresEnd}, released: true}
	}
	var r result
	if o.err != nil {
		r = resultOfError(instance, o)
		if isSecretNotFound(o.err) {
			r = awaitSecret(instance, o, s, r)
		}
	} else {
		r = resultOfConnection(instance, o)
	}
	if r.RequeueAfter == 0 {
		r.RequeueAfter = s.secretInterval
	}
	if o.holdLeft > 0 && o.counts.deleting == 0 {
		r.RequeueAfter = min(r.RequeueAfter, o.holdLeft)
	}
	r.Priority = ptr.To(reconcile.PriorityLow)
	return withNumbers(r, instance, o, s)
}

// withNumbers adds what status says in numbers: what was counted, at most once in an interval. In between, what was written
// before stays, and the object is reconciled again when they may be written. Another operator that counts otherwise and writes
// to the same status is answered no faster.
func withNumbers(r result, instance *v1alpha1.ClerkInstance, o *outcome, s settings) result {
	written, counted := numbersOf(instance, o, s.clusterID)
	switch {
	case written.equal(counted):
		r.numbers = written
	case o.countsDue:
		r.numbers, r.renumbered = counted, true
	default:
		r.numbers, r.RequeueAfter = written, min(r.RequeueAfter, s.countInterval)
	}
	return r
}

// resultOfError is for an outcome with an error.
func resultOfError(instance *v1alpha1.ClerkInstance, o *outcome) result {
	if problem, ok := errors.AsType[*reconcile.Problem](o.err); ok {
		return notReady(problem.Reason, problem.Message, problem.Stalled)
	}
	if clerk.Unauthorized(o.err) {
		return notReady(v1alpha1.ReasonKeyRejected, fmt.Sprintf(
			"Clerk rejects the key in Secret %s; put a valid secret key of the instance there", instance.Spec.SecretKeyRef.Name), true)
	}
	if at, ok := clerk.Waiting(o.err); ok {
		return result{Result: reconcile.Result{Unchanged: true, RequeueAfter: max(at.Sub(o.ended), time.Millisecond)}}
	}
	if rejected, ok := clerk.Rejected(o.err); ok {
		return notReady(v1alpha1.ReasonRejectedByClerk, rejected.Error(), true)
	}
	if came, useless := clerk.Useless(o.err); useless {
		return resultOfUselessAnswer(instance, o, came)
	}
	if reconcile.IsOutdated(o.err) {
		return repeated()
	}
	err := reconcile.SharedByInstance(o.err, client.ObjectKeyFromObject(instance))
	return result{Result: reconcile.Result{Unchanged: true, Err: err, Message: reconcile.StableText(o.err)}}
}

// repeated is for a write that was refused because somebody else wrote the object at the same time.
func repeated() result {
	return result{Result: reconcile.Result{Unchanged: true, RequeueAfter: reconcile.ConflictPause}}
}

// resultOfUselessAnswer is for an answer to GET /instance that cannot be Clerk's. Users keep the connection that was checked for
// this very spec: what answers so now may be a proxy that is being restarted.
func resultOfUselessAnswer(instance *v1alpha1.ClerkInstance, o *outcome, came string) result {
	r := notReady(v1alpha1.ReasonUnexpectedAnswer, fmt.Sprintf(
		"the server at spec.apiURL is not Clerk's API: GET /instance returned %s; check the path in spec.apiURL (Clerk's is /v1) and any proxy in between", came), false)
	if o.known.Connection != nil && o.known.UID == instance.UID && o.known.Generation == instance.Generation {
		r.state = nil
	}
	return r
}

// resultOfConnection is for an outcome without an error.
func resultOfConnection(instance *v1alpha1.ClerkInstance, o *outcome) result {
	r := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Failures: reconcile.FailuresEnd}, state: &connection.State{Connection: o.connection}}
	switch {
	case !instance.DeletionTimestamp.IsZero():
		r.Reason, r.Message = v1alpha1.ReasonDeleting, o.counts.String()+"; delete them, or set their deletionPolicy to Retain"
	case o.mirror.Stale:
		r.Reason = v1alpha1.ReasonMirrorStale
		r.Message = "the operator cannot read Clerk's list of users and tries again; until then it does not notice changes made at Clerk"
	default:
		r.Ready, r.Reason, r.Message = metav1.ConditionTrue, v1alpha1.ReasonKeyAccepted, acceptedMessage(instance, o)
	}
	return r
}

func notReady(reason, message string, stalled bool) result {
	return result{
		Result: reconcile.Result{
			Ready: metav1.ConditionFalse, Reason: reason, Message: message, Stalled: stalled, Failures: reconcile.FailuresEnd,
		},
		state: &connection.State{Problem: message},
	}
}

func acceptedMessage(instance *v1alpha1.ClerkInstance, o *outcome) string {
	ref := instance.Spec.SecretKeyRef
	switch {
	case o.keyMissing:
		return fmt.Sprintf("the key is gone from entry %s of Secret %s; put it there again: the operator uses the cached key only until it restarts",
			ref.EntryKey(), ref.Name)
	case Unpinned(o.connection.InstanceID):
		return "Clerk accepts the key, but the key may not ask for its instance: the operator does not notice a key of another instance"
	default:
		return fmt.Sprintf("the key in Secret %s belongs to instance %s", ref.Name, o.connection.InstanceID)
	}
}
