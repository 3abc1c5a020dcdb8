// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// fillStatus fills in the status for a result.
func (r *reconciliation) fillStatus(res result, now time.Time) {
	r.fillBinding()
	r.fillObserved()
	status := &r.user.Status
	if wrote(r.did) {
		now := metav1.NewTime(now.Truncate(time.Second))
		status.LastWriteTime = &now
	}
	if r.err == nil && !r.suspended {
		status.LastHandledReconcileAt = r.user.ReconcileRequestedAt()
	}
	if r.planned {
		status.PendingChanges = r.differing()
	}
	r.fillConditions(res)
	if isFinal(res) && r.sources.Complete {
		status.InputsDigest = r.sources.Digest
	}
}

// fillBinding fills in which user the object manages. Without a connection, the recorded values stay.
func (r *reconciliation) fillBinding() {
	if !r.recordsDecoded() {
		return
	}
	status := &r.user.Status
	status.UserID, status.Origin = r.userID, r.origin
	status.Applied = nil
	if !r.record.Empty() {
		applied := r.record.Value()
		status.Applied = applied.DeepCopy()
	}
	if r.userID == "" {
		status.Binding, status.OnDelete, status.Instance = "", "", nil
		return
	}
	if !r.user.Undecoded.Concern("spec.deletionPolicy") {
		status.OnDelete = r.effectivePolicy()
	}
	if !r.owned || r.observed == nil || r.observed.ID != r.userID {
		return
	}
	status.Binding = r.key.Sign(r.subject(r.userID))
	status.Instance = &v1alpha1.BoundInstance{
		Namespace: r.instance.Namespace,
		Name:      r.instance.Name,
		ID:        r.instanceID,
	}
}

// lockSlack is the largest difference between two readings of a lock's end that mean the same end.
const lockSlack = 5 * time.Second

func (r *reconciliation) fillObserved() {
	u, status := r.observed, &r.user.Status
	if u == nil {
		return
	}
	// These are copies, since u is shared and the API client decodes the answer to a patch into status.
	status.Banned, status.Locked = ptr.To(u.Banned), ptr.To(u.Locked)
	status.PasswordEnabled, status.TwoFactorEnabled = ptr.To(u.PasswordEnabled), ptr.To(u.TwoFactorEnabled)
	status.TOTPEnabled, status.BackupCodeEnabled = ptr.To(u.TOTPEnabled), ptr.To(u.BackupCodeEnabled)
	r.fillPasswordTime()
	status.HasImage, status.DirectoryManaged = ptr.To(u.HasImage), ptr.To(u.DirectoryManaged)
	if u.LockedUntil.IsZero() {
		status.LockExpiresAt = nil
		return
	}
	if have := status.LockExpiresAt; have != nil && have.Sub(u.LockedUntil).Abs() <= lockSlack {
		return
	}
	until := metav1.NewTime(u.LockedUntil.Truncate(time.Second))
	status.LockExpiresAt = &until
}

func (r *reconciliation) fillPasswordTime() {
	r.user.Status.PasswordLastUpdatedAt = nil
	if at := r.observed.PasswordUpdatedAt; !at.IsZero() {
		whole := metav1.NewTime(at.Truncate(time.Second))
		r.user.Status.PasswordLastUpdatedAt = &whole
	}
}

// wrote reports whether one of the changes was made at Clerk.
func wrote(did []plan.Change) bool { return len(did) > 0 }

// conditions are the conditions in the object's status.
func (r *reconciliation) conditions() reconcile.Conditions {
	return reconcile.Conditions{List: &r.user.Status.Conditions, Generation: r.user.Generation}
}

func (r *reconciliation) fillConditions(res result) {
	if r.suspended {
		r.fillSuspended()
		return
	}
	r.conditions().Remove(v1alpha1.ConditionSuspended)
	if res.Unchanged {
		if !res.silent {
			r.fillFirstCondition(res)
		}
		r.fillWaitingGeneration(res.waitingGeneration)
		return
	}
	if isFinal(res) {
		// Any other result is not final. The conditions have the generation that they describe, and observedGeneration shows
		// that this one has no final result.
		r.user.Status.ObservedGeneration = r.user.Generation
	}
	r.conditions().SetResult(res.Result)
}

// isFinal reports whether a result is final for the request.
func isFinal(res result) bool {
	return !res.Unchanged && (res.Ready == metav1.ConditionTrue || res.Stalled)
}

// fillFirstCondition sets why an object has no result yet. An object with a result keeps its conditions.
func (r *reconciliation) fillFirstCondition(res result) {
	conditions := r.conditions()
	if ready := readyCondition(r.user); ready != nil && ready.Status != metav1.ConditionUnknown {
		return
	}
	message := cmp.Or(res.Message, "the first reconciliation has not finished; it waits for Clerk or for the rate limiter")
	conditions.Set(v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, message)
	conditions.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonWaiting, message)
}

func readyCondition(user *v1alpha1.ClerkUser) *metav1.Condition {
	return meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
}

// reconcilingAfter is how long a new generation may wait for a token or a read before the condition Reconciling says so. Clerk
// counts calls over the same time. Edits of many objects are usually applied within it, and the condition would be another
// write for each. A failure is reported at once.
const reconcilingAfter = 10 * time.Second

// waitingGeneration is why the current generation was not applied yet.
type waitingGeneration struct{ reason, message string }

func waitingFor(err error) *waitingGeneration {
	return &waitingGeneration{v1alpha1.ReasonWaiting, "the current generation is not applied yet: " + reconcile.StableText(err, errNotVisibleYet)}
}

func failingWith(failure string) *waitingGeneration {
	return &waitingGeneration{v1alpha1.ReasonRetrying, "the current generation is not applied yet and is retried: " + failure}
}

// fillWaitingGeneration sets in Reconciling why the current generation was not applied yet. Ready keeps the final result of an
// earlier generation, as its observedGeneration shows. The first text for a generation stays until its result, so that
// alternating causes are not written again and again.
func (r *reconciliation) fillWaitingGeneration(waiting *waitingGeneration) {
	ready, conditions := readyCondition(r.user), r.conditions()
	if waiting == nil || ready == nil || ready.Status == metav1.ConditionUnknown || ready.ObservedGeneration == r.user.Generation {
		return
	}
	if said := conditions.Find(v1alpha1.ConditionReconciling); said != nil && said.ObservedGeneration == r.user.Generation {
		return
	}
	conditions.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, waiting.reason, waiting.message)
	conditions.Remove(v1alpha1.ConditionStalled)
}
