// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// remove treats the user as the deletion policy says and lets go of the object. It shares only the reading and the
// calling with sync, so that an object whose spec is invalid, or whose inputs are gone, can be deleted. Whichever way an
// object is let go, an event says what became of the user.
func (p *pass) remove(ctx context.Context) error {
	if !controllerutil.ContainsFinalizer(p.user, v1alpha1.Finalizer) {
		p.released = true
		return nil
	}
	if err := p.understoodForRemoval(); err != nil {
		return p.removeNotUnderstood(ctx, err)
	}
	if p.user.Spec.Suspended() {
		return p.release(ctx, "the object was suspended, so the user was left as it is, with its owner mark")
	}
	if p.user.Spec.Observes() {
		return p.release(ctx, "mode is Observe, so the user was left as it is")
	}
	if why, nobody := p.ownsNobody(); nobody {
		return p.release(ctx, why)
	}
	if err := p.findRemovalInputs(ctx); err != nil {
		return p.removeUnreachable(ctx, err)
	}
	if err := p.heldBack(); err != nil {
		return err
	}
	err := p.removeOwn(ctx)
	if none, ok := errors.AsType[*noUserError](err); ok {
		return p.release(ctx, none.why)
	}
	if errors.Is(err, errGone) {
		return p.release(ctx, fmt.Sprintf("user %s is no longer at Clerk, so there was nothing to remove", p.userID))
	}
	return err
}

// removeOwn finds the user that this object manages and treats it as the deletion policy says. The error is errGone if Clerk
// no longer has the user, and a *noUserError if it never had one.
func (p *pass) removeOwn(ctx context.Context) error {
	if id := p.memory.deletedUser(p.user.UID); id != "" && id == p.userID {
		// An earlier pass deleted and told of it, and could not remove the finalizer.
		return p.letGo(ctx)
	}
	user, err := p.findOwn(ctx)
	if err != nil {
		return err
	}
	return p.removeUser(ctx, user)
}

// removeUnreachable decides about an object whose user cannot be reached: it is let go where nothing was to be done to
// the user, and where access was taken from its namespace; else it waits, and says what the way out is.
func (p *pass) removeUnreachable(ctx context.Context, err error) error {
	found, ok := errors.AsType[*problem](err)
	if !ok {
		return err
	}
	if found.reason == v1alpha1.ReasonNotAllowed {
		return p.release(ctx, "the ClerkInstance no longer admits this namespace, so the user was left as it is")
	}
	if p.in.instance != nil && !p.in.instance.Spec.MayDelete() {
		return p.release(ctx, "the ClerkInstance cannot be used and its policy.deletion is Deny, so the user was left as it is, with its owner mark")
	}
	if p.user.Spec.OnDelete(p.origin) == v1alpha1.DeletionRetain {
		return p.release(ctx, "the ClerkInstance cannot be used, so the user was left as it is, with its owner mark")
	}
	return deletionBlocked(found.message)
}

// findOwn returns the user at Clerk that this object manages, read live.
func (p *pass) findOwn(ctx context.Context) (*clerk.User, error) {
	if err := p.stillDeleted(ctx); err != nil {
		return nil, err
	}
	if p.userID == "" {
		p.userID, _, _ = p.in.connection.Mirror.BoundTo(p.uid())
	}
	if p.userID == "" {
		return p.findCreated(ctx, creation.Of(p.user))
	}
	if user, ok := p.in.connection.Mirror.Recent(p.userID, p.sinceDeleted()); ok {
		return user, nil
	}
	return p.read(ctx, p.in.client, p.userID)
}

// liveEnough is how old a copy may be that a removal rests on, if it was read since the removal was asked for. Without
// any, a pass that has a ticket for one call would for ever spend it on reading.
const liveEnough = time.Minute

func (p *pass) sinceDeleted() time.Duration {
	return min(liveEnough, p.now.Sub(p.user.DeletionTimestamp.Time))
}

// findCreated looks for the user of a creating call whose answer nobody recorded. That there is none is believed only
// when lists no longer lag.
func (p *pass) findCreated(ctx context.Context, c *creating) (*clerk.User, error) {
	hits, err := p.usersBy(ctx, c.Kind, c.Value)
	if err != nil {
		return nil, err
	}
	for _, hit := range hits {
		if p.mark().OwnershipOf(hit) == plan.Ours {
			p.userID = hit.ID
			return hit, nil
		}
	}
	if left := c.Lag(p.now); left > 0 {
		return nil, notVisibleYet(left)
	}
	return nil, &noUserError{why: "Clerk has no user that carries the owner mark of the object, so there was none to remove"}
}

// stillDeleted reads the object from the API server: an old copy must not delete the user of a new object of that name.
// The deletion policy is taken from there, too, since people change it on an object that is being deleted.
func (p *pass) stillDeleted(ctx context.Context) error {
	live := &v1alpha1.ClerkUser{}
	err := p.Live.Get(ctx, types.NamespacedName{Namespace: p.user.Namespace, Name: p.user.Name}, live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the object live: %w", err)
	}
	if err != nil || live.UID != p.user.UID || live.DeletionTimestamp.IsZero() {
		return errOutdated
	}
	if len(live.Undecoded.Of(decisive()...)) > 0 {
		return errOutdated
	}
	p.user.Spec.DeletionPolicy = live.Spec.DeletionPolicy
	return nil
}

// notMarked is one text for a user that nobody manages and for one that another object manages: who copied a status from
// elsewhere must not learn which it is.
const notMarked = "the user does not carry the owner mark of this object, so it was left as it is"

// removeUser carries out the deletion policy, if the user is ours and neither the instance's policy, nor a waiting
// successor, nor the brake say otherwise.
func (p *pass) removeUser(ctx context.Context, user *clerk.User) error {
	switch p.mark().OwnershipOf(user) {
	case plan.Ours:
		mark, _ := plan.FindMark(user)
		p.origin = mark.Origin
	case plan.Unmarked:
		if !p.signed(user.ID) {
			return p.release(ctx, notMarked)
		}
	case plan.Predecessors, plan.Anothers:
		return p.release(ctx, notMarked)
	}
	p.observed, p.bound = user, true
	handedOver, err := p.handOver(ctx, user)
	if err != nil || handedOver {
		return err
	}
	return p.carryOutPolicy(ctx, user)
}

func (p *pass) carryOutPolicy(ctx context.Context, user *clerk.User) error {
	policy := p.user.Spec.OnDelete(p.origin)
	why := ""
	if policy != v1alpha1.DeletionRetain && !p.in.instance.Spec.MayDelete() {
		policy, why = v1alpha1.DeletionRetain, "the ClerkInstance's policy.deletion is Deny, so the user was left as it is"
	}
	if policy != v1alpha1.DeletionRetain {
		if err := p.brake(ctx, user.ID); err != nil {
			return err
		}
	}
	err := p.applyRemoval(ctx, user, plan.Removal(policy, p.mark(), user))
	if err != nil {
		return err
	}
	switch {
	case why != "":
		return p.release(ctx, why)
	case policy == v1alpha1.DeletionDelete:
		p.memory.deleteUser(p.user.UID, user.ID)
		p.notef(v1alpha1.EventDeleted, "Delete", "deleted user %s", user.ID)
	case policy == v1alpha1.DeletionBan:
		p.notef(v1alpha1.EventBanned, "Delete", "banned user %s, as deletionPolicy says", user.ID)
	case policy == v1alpha1.DeletionRetain:
		return p.release(ctx, "deletionPolicy is Retain, so the user was left as it is")
	}
	return p.letGo(ctx)
}

// applyRemoval carries out changes to a user that is about to be let go. The error is errGone if Clerk no longer has the user.
func (p *pass) applyRemoval(ctx context.Context, user *clerk.User, do []plan.Change) error {
	for _, change := range do {
		asked := p.Now()
		_, err := carryOut(ctx, p.in.client, user.ID, change)
		p.free(change, user, err)
		p.doubt(user.ID, change, err)
		if clerk.IsNotFound(err) {
			return p.absent(ctx, p.in.client, user.ID, asked)
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

// release lets the object go. why says what became of the user.
func (p *pass) release(ctx context.Context, why string) error {
	if err := p.letGo(ctx); err != nil {
		return err
	}
	p.notef(v1alpha1.EventReleased, "Delete", "%s", why)
	return nil
}

// letGo removes the finalizer. What became of the user was told before.
func (p *pass) letGo(ctx context.Context) error {
	before := p.user.DeepCopy()
	controllerutil.RemoveFinalizer(p.user, v1alpha1.Finalizer)
	// The list of finalizers has other owners and is replaced whole: hence the optimistic lock.
	err := p.Client.Patch(ctx, p.user, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return p.notReleased(err)
	}
	p.released = true
	p.Pool.Unbind(p.uid())
	return nil
}
