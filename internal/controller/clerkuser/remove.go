// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// release removes the finalizer of an object that is being deleted. In each case an event says what happened to the user.
type release struct {
	objectPatcher
	pool *connection.Pool
}

// noUserError is why an object that is being deleted has no user to remove.
type noUserError struct{ why string }

// Error returns why there is no user.
func (e *noUserError) Error() string { return e.why }

// beforeInstance releases an object whose user must not be changed or cannot be found, without a call to Clerk. done is true if
// nothing is left to do.
func (s release) beforeInstance(ctx context.Context) (done bool, err error) {
	if !controllerutil.ContainsFinalizer(s.user, v1alpha1.Finalizer) {
		s.released = true
		return true, nil
	}
	if err := s.checkDecodedForRemoval(); err != nil {
		return true, s.withUndecodedSpec(ctx, err)
	}
	switch why, none := s.hasNoUser(); {
	case s.user.Spec.Suspended():
		return true, s.run(ctx, "the object was suspended, so the user was left as it is, with its owner mark")
	case s.user.Spec.Observes():
		return true, s.run(ctx, "mode is Observe, so the user was left as it is")
	case none:
		return true, s.run(ctx, why)
	}
	return false, nil
}

// withUndecodedSpec releases an object whose deletionPolicy is Retain, even if other values were not decoded. Otherwise it
// returns the problem.
func (s release) withUndecodedSpec(ctx context.Context, err error) error {
	if policy := s.user.Spec.DeletionPolicy; policy != nil && *policy == v1alpha1.DeletionRetain {
		return s.run(ctx, "deletionPolicy is Retain, so the user was left as it is, with its owner mark")
	}
	return err
}

// withoutInstance handles an object whose Clerk instance cannot be used. It releases the object if the user would stay
// unchanged anyway, or if the ClerkInstance no longer admits the namespace. Otherwise the object waits, and the message names
// the remedy.
func (s release) withoutInstance(ctx context.Context, err error) error {
	found, ok := errors.AsType[*reconcile.Problem](err)
	if !ok {
		return err
	}
	if found.Reason == v1alpha1.ReasonNotAllowed {
		return s.run(ctx, "the ClerkInstance no longer allows this namespace, so the user was left as it is")
	}
	if s.instance != nil && !s.instance.Spec.MayDelete() {
		return s.run(ctx, "the ClerkInstance cannot be used and its policy.deletion is Deny, so the user was left as it is, with its owner mark")
	}
	if s.user.Spec.OnDelete(s.origin) == v1alpha1.DeletionRetain {
		return s.run(ctx, "the ClerkInstance cannot be used, so the user was left as it is, with its owner mark")
	}
	return deletionBlocked(found.Message)
}

// withoutUser releases the object if the error says that there is no user to remove. Otherwise it returns the error.
func (s release) withoutUser(ctx context.Context, err error) error {
	if none, ok := errors.AsType[*noUserError](err); ok {
		return s.run(ctx, none.why)
	}
	if errors.Is(err, errGone) {
		return s.run(ctx, fmt.Sprintf("user %s is no longer at Clerk, so no user was removed", s.userID))
	}
	return err
}

// run removes the finalizer and records an event. why is what happened to the user.
func (s release) run(ctx context.Context, why string) error {
	if err := s.releaseWithoutEvent(ctx); err != nil {
		return err
	}
	s.recordEventf(v1alpha1.EventReleased, "Delete", "%s", why)
	return nil
}

// releaseWithoutEvent removes the finalizer. Another event says what happened to the user.
func (s release) releaseWithoutEvent(ctx context.Context) error {
	if err := s.removeFinalizer(ctx); err != nil {
		return err
	}
	s.released = true
	s.pool.Unbind(s.uid())
	return nil
}

// remove carries out the deletion policy. It shares only reads and calls with the other steps, so that an object with an
// invalid spec or without its sources can be deleted.
type remove struct {
	release
	finder   finder
	transfer transfer
	brake    brake.Brake
	writer   connection.Writer
	deleter  connection.Deleter
	clock    func() time.Time
	// former is set if the object does not exist any more.
	former *formerRemoval
}

// run finds the user that this object manages and carries out the deletion policy. The error is errGone if Clerk no longer has
// the user, and a *noUserError if it never had one.
func (m remove) run(ctx context.Context) error {
	if id := m.state.removal().deleted; id != "" && id == m.userID {
		// An earlier reconciliation deleted the user and recorded the event, but could not remove the finalizer.
		return m.releaseWithoutEvent(ctx)
	}
	if m.userID == "" {
		m.userID, _, _ = m.mirror.BoundTo(m.uid())
	}
	if done, err := m.beforeRead(ctx); done || err != nil {
		return err
	}
	user, err := m.findOwn(ctx)
	if err != nil {
		return err
	}
	return m.removeUser(ctx, user)
}

// findOwn returns the user that this object manages, read from Clerk.
func (m remove) findOwn(ctx context.Context) (*clerk.User, error) {
	if m.former == nil {
		if err := m.confirmDeleted(ctx); err != nil {
			return nil, err
		}
	}
	if m.userID == "" {
		return m.findCreated(ctx, creation.Of(m.user))
	}
	if user, ok := m.mirror.Recent(m.userID, m.copyAgeLimit()); ok {
		return user, nil
	}
	return m.finder.read(ctx, m.userID)
}

// maxCopyAge is the maximum age of a copy for a removal, if it was read after the deletion was requested. Without it, a
// reconciliation with a token for one call would always spend it on the read.
const maxCopyAge = time.Minute

// copyAgeLimit is the maximum age of a copy of the user for the removal of this object.
func (r *reconciliation) copyAgeLimit() time.Duration {
	return min(maxCopyAge, r.now.Sub(r.user.DeletionTimestamp.Time))
}

// findCreated looks for the user of a creating call with an unknown result. An empty answer counts only after the lag.
func (m remove) findCreated(ctx context.Context, c *creation.Attempt) (*clerk.User, error) {
	hits, err := m.finder.findByIdentifier(ctx, c.Kind, c.Value)
	if err != nil {
		return nil, err
	}
	for _, hit := range hits {
		if m.mark().OwnershipOf(hit) == plan.Ours {
			m.userID = hit.ID
			return hit, nil
		}
	}
	if left := c.Lag(m.now); left > 0 {
		return nil, notVisibleYet(left)
	}
	return nil, &noUserError{why: "Clerk has no user with the owner mark of the object, so no user was removed"}
}

// notMarked is one text for a user without a manager and for a user of another object. Somebody who copied a status must not
// learn which it is.
const notMarked = "the user does not carry the owner mark of this object, so it was left as it is"

// removeUser carries out the deletion policy on a user of this object. A successor gets the user instead. The instance's policy
// and the brake can forbid a removal.
func (m remove) removeUser(ctx context.Context, user *clerk.User) error {
	switch m.mark().OwnershipOf(user) {
	case plan.Ours:
		mark, _ := plan.FindMark(user)
		m.origin = mark.Origin
	case plan.Unmarked:
		if !m.signed(user.ID) {
			return m.release.run(ctx, notMarked)
		}
	case plan.Predecessors, plan.Anothers:
		return m.release.run(ctx, notMarked)
	}
	m.observed, m.owned = user, true
	successor, err := m.transfer.prepare(ctx, user)
	if err != nil {
		return err
	}
	if successor == nil {
		return m.carryOutPolicy(ctx, user)
	}
	if err := m.carryOut(ctx, user, plan.Transfer(m.transfer.markOf(successor), user)); err != nil {
		m.transfer.successors.forget(successor.UID)
		return err
	}
	if m.former != nil {
		// No event of the former object makes the successor look again.
		m.transfer.states.notify(successor.UID, func(n *notifications) { n.transferred = true })
		m.enqueues = append(m.enqueues, client.ObjectKeyFromObject(successor))
	}
	m.recordEventf(v1alpha1.EventTransferred, "Delete", "transferred user %s to ClerkUser %s, which declares it too", user.ID, successor.Name)
	return m.releaseWithoutEvent(ctx)
}

// carryOutPolicy carries out the deletion policy on a user without a successor.
func (m remove) carryOutPolicy(ctx context.Context, user *clerk.User) error {
	if m.former.observed(user) {
		return m.release.run(ctx, "a new ClerkUser of that name observes the user, so the user was left as it is, with its owner mark")
	}
	policy, why := m.effectivePolicy(), ""
	if policy != m.user.Spec.OnDelete(m.origin) {
		why = "the ClerkInstance's policy.deletion is Deny, so the user was left as it is"
	}
	if policy != v1alpha1.DeletionRetain {
		if done, err := m.beforeRemoval(ctx, user); done || err != nil {
			return err
		}
	}
	err := m.carryOut(ctx, user, plan.Removal(policy, m.mark(), user))
	if err != nil {
		return err
	}
	switch {
	case why != "":
		return m.release.run(ctx, why)
	case policy == v1alpha1.DeletionDelete:
		m.state.removal().deleted = user.ID
		m.recordEventf(v1alpha1.EventDeleted, "Delete", "deleted user %s", user.ID)
	case policy == v1alpha1.DeletionBan:
		m.recordEventf(v1alpha1.EventBanned, "Delete", "banned user %s, as deletionPolicy says", user.ID)
	case policy == v1alpha1.DeletionRetain:
		return m.release.run(ctx, "deletionPolicy is Retain, so the user was left as it is")
	}
	return m.releaseWithoutEvent(ctx)
}

// beforeRemoval waits for the delay and counts the removal. done is true if the object was let go and the user is removed later.
// For a former object, both is done.
func (m remove) beforeRemoval(ctx context.Context, user *clerk.User) (done bool, err error) {
	if m.former != nil {
		if m.former.waits > 0 {
			return false, &reconcile.WaitError{After: m.former.waits, Err: errNamesakeMayCome}
		}
		return false, nil
	}
	delay, err := m.delay(ctx)
	if err != nil {
		return false, err
	}
	if err := m.checkDue(delay); err != nil {
		return false, err
	}
	if done, err := m.letGoFirst(ctx, user, delay); done || err != nil {
		return done, err
	}
	return false, m.countAtBrake(ctx, m.brake, user.ID, nil)
}

// carryOut makes the changes before a release. The error is errGone if Clerk no longer has the user.
func (m remove) carryOut(ctx context.Context, user *clerk.User, do []plan.Change) error {
	for _, change := range do {
		called := m.clock()
		err := m.call(ctx, user.ID, change)
		m.freeIdentifiers(change, user, err, m.clock())
		m.invalidateCopy(user.ID, change, err)
		if clerk.IsNotFound(err) {
			return m.finder.absent(ctx, user.ID, called)
		}
		if clerk.Unauthorized(err) {
			return errors.Join(deletionBlocked("Clerk rejects the key of the ClerkInstance"), err)
		}
		if refused, ok := clerk.Rejected(err); ok {
			return deletionBlocked(refused.Error())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", change, err)
		}
		m.removed = append(m.removed, change)
	}
	return nil
}

func (m remove) call(ctx context.Context, userID string, change plan.Change) error {
	about := m.write(userID, change, m.causeOf(change))
	if _, deletes := change.(plan.Delete); deletes {
		return m.deleter.DeleteUser(ctx, about, userID)
	}
	_, err := carryOut(ctx, m.writer, about, change)
	return err
}
