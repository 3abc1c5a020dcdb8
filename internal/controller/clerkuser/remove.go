// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// release lets an object go that is being deleted. Whichever way that happens, an event says what became of the user.
type release struct {
	objectPatcher
	pool *connection.Pool
}

// noUserError is an error that says why an object that is deleted has no user to remove.
type noUserError struct{ why string }

// Error says why there is no user.
func (e *noUserError) Error() string { return e.why }

// beforeInstance decides about an object whose user is not to be touched, or cannot be found, without asking Clerk. done is true
// if nothing is left to do.
func (s release) beforeInstance(ctx context.Context) (done bool, err error) {
	if !controllerutil.ContainsFinalizer(s.user, v1alpha1.Finalizer) {
		s.released = true
		return true, nil
	}
	if err := s.checkDecodedForRemoval(); err != nil {
		return true, s.withUndecodedSpec(ctx, err)
	}
	switch why, nobody := s.ownsNobody(); {
	case s.user.Spec.Suspended():
		return true, s.run(ctx, "the object was suspended, so the user was left as it is, with its owner mark")
	case s.user.Spec.Observes():
		return true, s.run(ctx, "mode is Observe, so the user was left as it is")
	case nobody:
		return true, s.run(ctx, why)
	}
	return false, nil
}

// withUndecodedSpec lets go of an object whose deletionPolicy says to leave the user as it is, whatever else was not understood,
// and else returns the problem.
func (s release) withUndecodedSpec(ctx context.Context, err error) error {
	if policy := s.user.Spec.DeletionPolicy; policy != nil && *policy == v1alpha1.DeletionRetain {
		return s.run(ctx, "deletionPolicy is Retain, so the user was left as it is, with its owner mark")
	}
	return err
}

// withoutInstance decides about an object whose Clerk instance cannot be reached: it is let go where nothing was to be done to
// the user, and where access was taken from its namespace; else it waits, and says what the way out is.
func (s release) withoutInstance(ctx context.Context, err error) error {
	found, ok := errors.AsType[*reconcile.Problem](err)
	if !ok {
		return err
	}
	if found.Reason == v1alpha1.ReasonNotAllowed {
		return s.run(ctx, "the ClerkInstance no longer admits this namespace, so the user was left as it is")
	}
	if s.instance != nil && !s.instance.Spec.MayDelete() {
		return s.run(ctx, "the ClerkInstance cannot be used and its policy.deletion is Deny, so the user was left as it is, with its owner mark")
	}
	if s.user.Spec.OnDelete(s.origin) == v1alpha1.DeletionRetain {
		return s.run(ctx, "the ClerkInstance cannot be used, so the user was left as it is, with its owner mark")
	}
	return deletionBlocked(found.Message)
}

// withoutUser lets the object go if an error says that there is no user to remove, and else returns the error.
func (s release) withoutUser(ctx context.Context, err error) error {
	if none, ok := errors.AsType[*noUserError](err); ok {
		return s.run(ctx, none.why)
	}
	if errors.Is(err, errGone) {
		return s.run(ctx, fmt.Sprintf("user %s is no longer at Clerk, so there was nothing to remove", s.userID))
	}
	return err
}

// run lets the object go. why says what became of the user.
func (s release) run(ctx context.Context, why string) error {
	if err := s.releaseWithoutEvent(ctx); err != nil {
		return err
	}
	s.recordEventf(v1alpha1.EventReleased, "Delete", "%s", why)
	return nil
}

// releaseWithoutEvent lets the object go. What became of the user was told before.
func (s release) releaseWithoutEvent(ctx context.Context) error {
	if err := s.removeFinalizer(ctx); err != nil {
		return err
	}
	s.released = true
	s.pool.Unbind(s.uid())
	return nil
}

// remove treats the user of an object that is being deleted as the deletion policy says. It shares only the reading and the
// calling with the other steps, so that an object whose spec is invalid, or whose inputs are gone, can be deleted.
type remove struct {
	release
	finder   finder
	transfer transfer
	brake    brake.Brake
	writer   connection.Writer
	deleter  connection.Deleter
	clock    func() time.Time
}

// run finds the user that this object manages and treats it as the deletion policy says. The error is errGone if Clerk no longer
// has the user, and a *noUserError if it never had one.
func (m remove) run(ctx context.Context) error {
	if id := m.state.deleted; id != "" && id == m.userID {
		// An earlier reconcile deleted and told of it, and could not remove the finalizer.
		return m.releaseWithoutEvent(ctx)
	}
	user, err := m.findOwn(ctx)
	if err != nil {
		return err
	}
	return m.removeUser(ctx, user)
}

// findOwn returns the user at Clerk that this object manages, read live.
func (m remove) findOwn(ctx context.Context) (*clerk.User, error) {
	if err := m.confirmDeleted(ctx); err != nil {
		return nil, err
	}
	if m.userID == "" {
		m.userID, _, _ = m.mirror.BoundTo(m.uid())
	}
	if m.userID == "" {
		return m.findCreated(ctx, creation.Of(m.user))
	}
	if user, ok := m.mirror.Recent(m.userID, m.copyMaxAge()); ok {
		return user, nil
	}
	return m.finder.read(ctx, m.userID)
}

// maxCopyAge is how old a copy may be that a removal rests on, if it was read since the removal was asked for. Without
// any, a reconcile that has a token for one call would for ever spend it on reading.
const maxCopyAge = time.Minute

func (r *reconciliation) copyMaxAge() time.Duration {
	return min(maxCopyAge, r.now.Sub(r.user.DeletionTimestamp.Time))
}

// findCreated looks for the user of a creating call whose answer nobody recorded. That there is none is believed only
// when lists no longer lag.
func (m remove) findCreated(ctx context.Context, c *creating) (*clerk.User, error) {
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
	return nil, &noUserError{why: "Clerk has no user that carries the owner mark of the object, so there was none to remove"}
}

// notMarked is one text for a user that nobody manages and for one that another object manages: who copied a status from
// elsewhere must not learn which it is.
const notMarked = "the user does not carry the owner mark of this object, so it was left as it is"

// removeUser carries out the deletion policy, if the user is ours and neither the instance's policy, nor a waiting
// successor, nor the brake say otherwise.
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
		return err
	}
	m.recordEventf(v1alpha1.EventTransferred, "Delete", "transferred user %s to ClerkUser %s, which declares it too", user.ID, successor.Name)
	return m.releaseWithoutEvent(ctx)
}

func (m remove) carryOutPolicy(ctx context.Context, user *clerk.User) error {
	policy := m.user.Spec.OnDelete(m.origin)
	why := ""
	if policy != v1alpha1.DeletionRetain && !m.instance.Spec.MayDelete() {
		policy, why = v1alpha1.DeletionRetain, "the ClerkInstance's policy.deletion is Deny, so the user was left as it is"
	}
	if policy != v1alpha1.DeletionRetain {
		if err := m.countAtBrake(ctx, m.brake, user.ID); err != nil {
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
		m.state.deleted = user.ID
		m.recordEventf(v1alpha1.EventDeleted, "Delete", "deleted user %s", user.ID)
	case policy == v1alpha1.DeletionBan:
		m.recordEventf(v1alpha1.EventBanned, "Delete", "banned user %s, as deletionPolicy says", user.ID)
	case policy == v1alpha1.DeletionRetain:
		return m.release.run(ctx, "deletionPolicy is Retain, so the user was left as it is")
	}
	return m.releaseWithoutEvent(ctx)
}

// carryOut carries out changes to a user that is about to be let go. The error is errGone if Clerk no longer has the user.
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
	}
	return nil
}

func (m remove) call(ctx context.Context, userID string, change plan.Change) error {
	if _, deletes := change.(plan.Delete); deletes {
		return m.deleter.DeleteUser(ctx, userID)
	}
	_, err := carryOut(ctx, m.writer, userID, change)
	return err
}
