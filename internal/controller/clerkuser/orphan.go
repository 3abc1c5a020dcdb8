// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// claimOrphan decides about a user that carries the mark of another object. If that object is gone, as after a move to another
// namespace or a restore under another name, spec.userID and the instance's policy let this one adopt the user. An object of
// another namespace is never named, and is not even looked for unless this one may adopt: to others, "managed by somebody"
// and "exists" read the same.
func (p *pass) claimOrphan(ctx context.Context, user *clerk.User) (manner, error) {
	mark, _ := plan.FindMark(user)
	if mark.Cluster != p.ClusterID {
		return 0, errAlreadyExists
	}
	named := p.user.Spec.UserID != nil && *p.user.Spec.UserID == user.ID && p.mayAdopt()
	neighbour := mark.Namespace == p.user.Namespace
	if !named && !neighbour {
		return 0, errAlreadyExists
	}
	gone, err := p.ownerGone(ctx, mark, user.ID)
	switch {
	case err != nil:
		return 0, err
	case gone && named:
		return adopted, nil
	case gone:
		return 0, orphaned(mark.Name, user.ID)
	case neighbour:
		return 0, conflict(mark.Name)
	}
	return 0, errAlreadyExists
}

// ownerGone reports whether the object that a mark names does not exist any more, as the API server says and not a cache. An
// object that is being deleted exists. So does, as far as the user goes, a new object of that name that has no user yet: it
// may be about to take this one over. Where the operator may not look, nobody is known to be gone.
func (p *pass) ownerGone(ctx context.Context, mark plan.Mark, userID string) (bool, error) {
	owner := &v1alpha1.ClerkUser{}
	err := p.Live.Get(ctx, types.NamespacedName{Namespace: mark.Namespace, Name: mark.Name}, owner)
	switch {
	case apierrors.IsNotFound(err):
		return true, nil
	case apierrors.IsForbidden(err):
		log.FromContext(ctx).Info("the operator may not read the ClerkUser that an owner mark names, so the user is not adopted", "owner",
			mark.Namespace+"/"+mark.Name, "clerkUserID", userID)
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the ClerkUser that the owner mark names: %w", err)
	}
	return string(owner.UID) != mark.UID && owner.Status.UserID != "" && owner.Status.UserID != userID, nil
}
