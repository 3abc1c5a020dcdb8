// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// findUser finds the ClerkUser that the action is about, and takes down which user that is. From then on it is about that one
// and no other, whatever the ClerkUser is bound to later.
func (p *pass) findUser(ctx context.Context) error {
	user := &v1alpha1.ClerkUser{}
	err := p.Client.Get(ctx, p.userName(), user)
	if apierrors.IsNotFound(err) {
		return userNotFound(p.action.Spec.UserRef.Name)
	}
	if err != nil {
		return fmt.Errorf("getting ClerkUser %s: %w", p.action.Spec.UserRef.Name, err)
	}
	if err := p.fit(user); err != nil {
		return err
	}
	p.user, p.userID = user, user.Status.UserID
	return nil
}

func (p *pass) userName() types.NamespacedName {
	return types.NamespacedName{Namespace: p.action.Namespace, Name: p.action.Spec.UserRef.Name}
}

// fit checks that actions may be carried out on the user of a ClerkUser, and that it is the one that this action is about.
func (p *pass) fit(user *v1alpha1.ClerkUser) error {
	was, is := p.action.Status, user.Status
	switch {
	case len(user.Undecoded) > 0:
		return userNotUnderstood(user.Name)
	case !user.DeletionTimestamp.IsZero():
		return userDeleted(user.Name)
	case user.Spec.Observes():
		return userObserved(user.Name)
	case user.Spec.Suspended():
		return userSuspended(user.Name)
	case is.UserID == "" || is.Instance == nil:
		return userNotBound(user.Name)
	case was.UserID != "" && was.UserID != is.UserID:
		return boundToAnother(user.Name, was.UserID)
	case was.Instance != nil && *was.Instance != *is.Instance:
		return instanceChanged(was.Instance)
	}
	return nil
}

// stillFit reads the ClerkUser from the API server: a copy in the cache may be of an object that is gone, or that was
// suspended or bound anew meanwhile.
func (p *pass) stillFit(ctx context.Context) error {
	live := &v1alpha1.ClerkUser{}
	err := p.Live.Get(ctx, p.userName(), live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading ClerkUser %s live: %w", p.user.Name, err)
	}
	if err != nil || live.UID != p.user.UID {
		return errOutdated
	}
	if err := p.fit(live); err != nil {
		return err
	}
	if live.Status.UserID != p.userID || *live.Status.Instance != *p.user.Status.Instance {
		return errOutdated
	}
	return nil
}
