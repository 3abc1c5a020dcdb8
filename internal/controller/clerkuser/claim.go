// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// chooseHit returns one of the users that have a declared identifier, if the object owns or may adopt one.
func (l locate) chooseHit(ctx context.Context, hits []*clerk.User) (location, error) {
	for _, hit := range hits {
		if l.mark().OwnershipOf(hit) == plan.Ours {
			return location{user: hit, how: resumed}, nil
		}
	}
	if len(hits) > 1 {
		return location{}, errAmbiguous
	}
	hit, err := l.newestOf(ctx, hits[0])
	if err != nil {
		return location{}, err
	}
	if l.user.Spec.Adopts() && l.mayAdopt() && l.mark().OwnershipOf(hit) == plan.Unmarked {
		if err := l.checkSoleHolder(ctx, hit); err != nil {
			return location{}, err
		}
	}
	return l.locationOf(ctx, hit)
}

// newestOf reads a user by its id if a list shows it with the mark of another object of this namespace. Lists lag: the user may
// have been transferred to this object a moment ago, and nothing would make the object look again soon.
func (l locate) newestOf(ctx context.Context, hit *clerk.User) (*clerk.User, error) {
	mark, _ := plan.FindMark(hit)
	if l.user.Spec.Observes() || mark.Cluster != l.clusterID || mark.Namespace != l.user.Namespace || mark.UID == l.uid() {
		return hit, nil
	}
	user, err := l.read(ctx, hit.ID)
	if errors.Is(err, errGone) {
		l.state.lookUps = nil
		return nil, &reconcile.WaitError{After: takenRetry, Err: errNotVisibleYet}
	}
	return user, err
}

// claim decides whether the object owns or may adopt a user, and how it gets the user.
func (l locate) claim(ctx context.Context, user *clerk.User) (bindKind, error) {
	switch l.mark().OwnershipOf(user) {
	case plan.Ours:
		if id, _, _ := l.mirror.BoundTo(l.uid()); id == user.ID || l.user.Status.UserID == user.ID {
			return bound, nil
		}
		return resumed, nil
	case plan.Predecessors:
		if l.mayAdopt() {
			return inherited, nil
		}
		return 0, errAlreadyExists
	case plan.Unmarked:
		if l.signed(user.ID) {
			if l.user.Status.LastWriteTime == nil {
				// The reconciliation that bound the user had to wait before it could write the mark.
				return bound, nil
			}
			return restored, nil
		}
		if l.mayAdopt() && l.adoptionRequested(user) {
			return adopted, nil
		}
		return 0, errAlreadyExists
	case plan.Anothers:
	}
	return l.claimOrphan(ctx, user)
}

// mayAdopt reports whether the ClerkInstance's policy lets objects of this namespace adopt users.
func (r *reconciliation) mayAdopt() bool {
	switch r.instance.Spec.Adoption() {
	case v1alpha1.AdoptionAll:
		return true
	case v1alpha1.AdoptionSameNamespace:
		return r.instance.Namespace == r.user.Namespace
	case v1alpha1.AdoptionNone:
	}
	return false
}

// adoptionRequested reports whether the spec requests the adoption of this user: by its id, or by an identifier that proves
// possession. A person who registered a username or an unverified address must not get what the spec grants.
func (r *reconciliation) adoptionRequested(user *clerk.User) bool {
	if id := r.user.Spec.UserID; id != nil {
		return *id == user.ID
	}
	if !r.user.Spec.Adopts() {
		return false
	}
	for _, identifier := range r.desired.Identifiers() {
		if plan.Proves(user, identifier) {
			return true
		}
	}
	return false
}

// checkSoleHolder checks that no other user has another declared identifier.
func (l locate) checkSoleHolder(ctx context.Context, user *clerk.User) error {
	looked := map[clerk.IdentifierKind]bool{}
	for _, identifier := range l.desired.Identifiers() {
		if looked[identifier.Kind] {
			continue
		}
		looked[identifier.Kind] = true
		hits, err := l.findByIdentifier(ctx, identifier.Kind, l.valuesOf(identifier.Kind)...)
		if err != nil {
			return err
		}
		for _, hit := range hits {
			if hit.ID != user.ID {
				return errAmbiguous
			}
		}
	}
	return nil
}

// claimOrphan handles a user with the mark of another object. If that object is gone, as after a move to another namespace or a
// restore under another name, this object can adopt the user. That takes spec.userID and a policy that allows it. Messages
// never name an object of another namespace, and it is looked up only if this object may adopt. Others cannot distinguish
// "managed by an object" from "exists".
func (l locate) claimOrphan(ctx context.Context, user *clerk.User) (bindKind, error) {
	mark, _ := plan.FindMark(user)
	if mark.Cluster != l.clusterID {
		return 0, errAlreadyExists
	}
	named := l.user.Spec.UserID != nil && *l.user.Spec.UserID == user.ID && l.mayAdopt()
	neighbour := mark.Namespace == l.user.Namespace
	if !named && !neighbour {
		return 0, errAlreadyExists
	}
	owner, gone, err := l.findOwner(ctx, mark, user.ID)
	switch {
	case err != nil:
		return 0, err
	case gone && named:
		return adopted, nil
	case gone:
		return 0, l.orphanOf(ctx, mark, user)
	case neighbour:
		return 0, l.conflictWith(ctx, mark.Name, owner, user)
	}
	return 0, errAlreadyExists
}

// findOwner returns the object that a mark names, and whether the owner of the user no longer exists. It reads from the API
// server, not from a cache. An object that is being deleted exists. A new object of that name without a user counts as existing
// too, since it may inherit the user. If the operator may not read the namespace, no object counts as gone, and owner is nil.
func (l locate) findOwner(ctx context.Context, mark plan.Mark, userID string) (owner *v1alpha1.ClerkUser, gone bool, err error) {
	owner = &v1alpha1.ClerkUser{}
	err = l.apiReader.Get(ctx, types.NamespacedName{Namespace: mark.Namespace, Name: mark.Name}, owner)
	switch {
	case apierrors.IsNotFound(err):
		return nil, true, nil
	case apierrors.IsForbidden(err):
		l.logRepeated(ctx, "the operator may not read the ClerkUser that an owner mark names, so the user is not adopted",
			"namespace "+mark.Namespace, err, "owner", mark.Namespace+"/"+mark.Name, "clerkUserID", userID)
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("reading the ClerkUser that the owner mark names: %w", err)
	}
	return owner, string(owner.UID) != mark.UID && owner.Status.UserID != "" && owner.Status.UserID != userID, nil
}

// checkSoleOwner checks that no older ClerkUser is bound to the same user. The younger of two writes nothing. Deleting it
// deletes nothing, since the user has the mark of only one of them. If the other is in another namespace, the error is the same
// as for a user that exists: status does not prove that this object ever had the user.
func (l locate) checkSoleOwner(ctx context.Context) error {
	if l.userID == "" {
		return nil
	}
	same, err := index.BoundTo(ctx, l.cache, l.userID)
	if err != nil {
		return err
	}
	for i := range same {
		other := &same[i]
		if other.UID == l.user.UID || !other.DeletionTimestamp.IsZero() || !older(other, l.user) || !l.sharesInstance(other) {
			continue
		}
		if other.Namespace == l.user.Namespace {
			return conflict(other.Name)
		}
		return errAlreadyExists
	}
	return nil
}

// winsOver reports whether a user of this object has the mark of a younger ClerkUser. If two adopted it at the same time, both
// wrote their marks, and the older one keeps the user.
func (l locate) winsOver(ctx context.Context, user *clerk.User) (bool, error) {
	mark, found := plan.FindMark(user)
	if !found || mark.Cluster != l.clusterID || mark.UID == l.uid() || !l.signed(user.ID) {
		return false, nil
	}
	other := &v1alpha1.ClerkUser{}
	err := l.cache.Get(ctx, types.NamespacedName{Namespace: mark.Namespace, Name: mark.Name}, other)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("getting the ClerkUser that the owner mark names: %w", err)
	}
	return string(other.UID) == mark.UID && older(l.user, other), nil
}

func (l locate) sharesInstance(other *v1alpha1.ClerkUser) bool {
	return other.Status.Instance != nil && other.Status.Instance.ID == l.instanceID && l.signedFor(other)
}

// signedFor reports whether another object's binding has the operator's signature. A status that a tenant wrote must not take a
// user from its owner.
func (l locate) signedFor(other *v1alpha1.ClerkUser) bool {
	subject := l.subject(other.Status.UserID)
	subject.UID = string(other.UID)
	return l.key.Valid(other.Status.Binding, subject)
}

func older(a, b *v1alpha1.ClerkUser) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.UID < b.UID
}
