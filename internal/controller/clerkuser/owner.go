// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// soleOwner checks that no older ClerkUser is bound to the same user. The younger of two writes nothing, and deleting it
// deletes nothing, since the user carries the mark of only one of them. One in another namespace reads the same as a user that
// exists: status is not proof that this object ever had the user.
func (p *pass) soleOwner(ctx context.Context) error {
	if p.userID == "" {
		return nil
	}
	same := &v1alpha1.ClerkUserList{}
	if err := p.Client.List(ctx, same, client.MatchingFields{index.UserID: p.userID}); err != nil {
		return fmt.Errorf("listing ClerkUsers with user %s: %w", p.userID, err)
	}
	for i := range same.Items {
		other := &same.Items[i]
		if other.UID == p.user.UID || !other.DeletionTimestamp.IsZero() || !older(other, p.user) || !p.sameHome(other) {
			continue
		}
		if other.Namespace == p.user.Namespace {
			return conflict(other.Name)
		}
		return errAlreadyExists
	}
	return nil
}

// winsOver reports whether a user of ours carries the mark of a younger ClerkUser: two that adopted it at the same time
// both wrote theirs, and the older wins.
func (p *pass) winsOver(ctx context.Context, user *clerk.User) (bool, error) {
	mark, found := plan.FindMark(user)
	if !found || mark.Cluster != p.ClusterID || mark.UID == p.uid() || !p.signed(user.ID) {
		return false, nil
	}
	other := &v1alpha1.ClerkUser{}
	err := p.Client.Get(ctx, types.NamespacedName{Namespace: mark.Namespace, Name: mark.Name}, other)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("getting the ClerkUser that the owner mark names: %w", err)
	}
	return string(other.UID) == mark.UID && older(p.user, other), nil
}

func (p *pass) sameHome(other *v1alpha1.ClerkUser) bool {
	return other.Status.Instance != nil && other.Status.Instance.ID == p.in.connection.InstanceID && p.signedFor(other)
}

// signedFor reports whether another object's binding is the operator's own: a status that a tenant wrote must not take a
// user from its owner.
func (p *pass) signedFor(other *v1alpha1.ClerkUser) bool {
	subject := p.subject(other.Status.UserID)
	subject.UID = string(other.UID)
	return p.Key.Valid(other.Status.Binding, subject)
}

func older(a, b *v1alpha1.ClerkUser) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.UID < b.UID
}
