// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// beforeRead decides about a removal by what the mirror knows of the user, without a call to Clerk. done is true if nothing is left
// to do now: the removal has to wait, or the object was let go.
func (m remove) beforeRead(ctx context.Context) (done bool, err error) {
	user, exists := m.knownUser()
	if !exists {
		return false, nil
	}
	ours := user != nil && m.mark().OwnershipOf(user) == plan.Ours
	if ours {
		mark, _ := plan.FindMark(user)
		m.origin = mark.Origin
	}
	if m.effectivePolicy() == v1alpha1.DeletionRetain {
		return false, nil
	}
	delay, err := m.delay(ctx)
	if err != nil || delay == 0 {
		return false, err
	}
	if successor, err := m.transfer.findSuccessor(ctx, user); err != nil || successor != nil {
		return false, err
	}
	if err := m.checkDue(delay); err != nil || !ours {
		return err != nil, err
	}
	// What cannot be undone comes after another read.
	return m.letGoFirst(ctx, user, delay)
}

// knownUser is the user as the mirror knows it; nil if it does not. exists is false if there is no user that this object would
// remove, as far as the mirror knows.
func (m remove) knownUser() (user *clerk.User, exists bool) {
	if m.userID == "" {
		return nil, true
	}
	switch sight := m.mirror.Look(m.uid(), m.userID); sight.Presence {
	case mirror.Absent:
		return nil, false
	case mirror.Present:
		ownership := m.mark().OwnershipOf(sight.User)
		return sight.User, ownership == plan.Ours || ownership == plan.Unmarked && m.signed(m.userID)
	case mirror.Pending, mirror.Doubtful, mirror.MassAbsent:
	}
	return nil, true
}

// effectivePolicy is what happens to the user when the object is deleted, also if the ClerkInstance forbids removals. Without a
// ClerkInstance, it is what the object says.
func (r *reconciliation) effectivePolicy() v1alpha1.DeletionPolicy {
	if r.instance != nil && !r.instance.Spec.MayDelete() {
		return v1alpha1.DeletionRetain
	}
	return r.user.Spec.OnDelete(r.origin)
}

// delay is how long after its request the removal waits; 0 is not at all.
func (m remove) delay(ctx context.Context) (time.Duration, error) {
	if m.former != nil {
		return 0, nil
	}
	return m.brake.Delay(ctx, brake.Request{Instance: m.instance, InstanceID: m.instanceID, Environment: m.environment})
}

// checkDue returns the problem DeletionPending until the delay is over.
func (m remove) checkDue(delay time.Duration) error {
	if left := delay - m.now.Sub(m.deletionSeen()); left > 0 && delay > 0 {
		return deletionPending(m.effectivePolicy(), m.user.DeletionTimestamp.Add(delay), left)
	}
	return nil
}

// letGoFirst lets the object go before its user is removed, so that a new object of the same name can exist and get the user, as
// after kubectl replace --force. The ClerkInstance has the removal on record then. done is false if the removal comes first: without a
// delay, and in a namespace that is being deleted, which gets no new objects.
func (m remove) letGoFirst(ctx context.Context, user *clerk.User, delay time.Duration) (done bool, err error) {
	if delay == 0 {
		return false, nil
	}
	if going, err := m.namespaceGoing(ctx); going || err != nil {
		return false, err
	}
	if err := m.confirmDeleted(ctx); err != nil {
		return true, err
	}
	policy := m.effectivePolicy()
	if policy == v1alpha1.DeletionRetain {
		return false, nil
	}
	if err := m.countAtBrake(ctx, m.brake, user.ID, m.pendingDeletion(user.ID, policy)); err != nil {
		return true, err
	}
	err = m.releaseWithoutEvent(ctx)
	if apierrors.IsConflict(err) {
		err = m.afterConflict(ctx, err)
	}
	return true, err
}

// afterConflict decides about the pending deletion of an object that has changed since it was read. If somebody edited the object, its
// next reconciliation decides anew, and may leave the user as it is. An object that was let go before, which an old copy does not show
// while another finalizer holds the object, has no such reconciliation: its user is still to be removed.
func (m remove) afterConflict(ctx context.Context, conflict error) error {
	live, err := m.readLive(ctx)
	if err != nil {
		return errors.Join(conflict, err)
	}
	if live == nil || live.UID != m.user.UID || !controllerutil.ContainsFinalizer(live, v1alpha1.Finalizer) {
		return reconcile.ErrOutdated
	}
	_, err = m.brake.Withdraw(ctx, instanceName(m.instance), m.uid())
	return errors.Join(conflict, err)
}

// namespaceGoing reports whether the namespace is being deleted. If the operator may not read it, it counts as one that is not.
func (m remove) namespaceGoing(ctx context.Context) (bool, error) {
	namespace := &corev1.Namespace{}
	err := m.apiReader.Get(ctx, types.NamespacedName{Name: m.user.Namespace}, namespace)
	switch {
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading Namespace %s: %w", m.user.Namespace, err)
	}
	return !namespace.DeletionTimestamp.IsZero(), nil
}

// pendingDeletion is the record of a removal that is carried out after the object was let go.
func (r *reconciliation) pendingDeletion(userID string, policy v1alpha1.DeletionPolicy) *v1alpha1.PendingDeletion {
	return &v1alpha1.PendingDeletion{
		UID: r.uid(), Namespace: r.user.Namespace, Name: r.user.Name, UserID: userID, Policy: policy,
		Since:     metav1.NewTime(r.now),
		Signature: r.key.SignRemoval(r.subject(userID), string(policy)),
	}
}

// deletionSeen is when the deletion was requested, by the clock of this process. The API server's clock, which wrote the deletion
// time, may differ, so that time counts only if this process did not see the request. A deletion time in the future counts as
// now, at the first reconciliation.
func (r *reconciliation) deletionSeen() time.Time {
	removal := r.state.removal()
	if !removal.deletedAt.IsZero() {
		return removal.deletedAt
	}
	if removal.since.IsZero() {
		removal.since = r.now
	}
	if at := r.user.DeletionTimestamp.Time; at.Before(removal.since) {
		return at
	}
	return removal.since
}
