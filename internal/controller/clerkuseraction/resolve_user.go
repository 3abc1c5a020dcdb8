// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// resolveUser finds the ClerkUser that the action is about. Once a status says which user that is, the action is about that
// one and no other, whatever the ClerkUser is bound to later.
type resolveUser struct{ reader client.Reader }

func (s resolveUser) run(ctx context.Context, action *v1alpha1.ClerkUserAction) (*v1alpha1.ClerkUser, error) {
	user := &v1alpha1.ClerkUser{}
	err := s.reader.Get(ctx, userName(action), user)
	if apierrors.IsNotFound(err) {
		return nil, userNotFound(action.Spec.UserRef.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("getting ClerkUser %s: %w", action.Spec.UserRef.Name, err)
	}
	if err := checkFit(action, user); err != nil {
		return nil, err
	}
	return user, nil
}

func userName(action *v1alpha1.ClerkUserAction) types.NamespacedName {
	return types.NamespacedName{Namespace: action.Namespace, Name: action.Spec.UserRef.Name}
}

// checkFit checks that actions may be carried out on the user of a ClerkUser, and that it is the one that this action is about.
func checkFit(action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser) error {
	was, is := action.Status, user.Status
	switch {
	case user.Undecoded != nil:
		return userNotDecoded(user.Name)
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

// checkStillFit reads the ClerkUser from the API server: a copy in the cache may be of an object that is gone, or that was
// suspended or bound anew meanwhile.
func checkStillFit(ctx context.Context, reader client.Reader, action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser) error {
	live := &v1alpha1.ClerkUser{}
	err := reader.Get(ctx, userName(action), live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading ClerkUser %s live: %w", user.Name, err)
	}
	if err != nil || live.UID != user.UID {
		return reconcile.ErrOutdated
	}
	if err := checkFit(action, live); err != nil {
		return err
	}
	if live.Status.UserID != user.Status.UserID || *live.Status.Instance != *user.Status.Instance {
		return reconcile.ErrOutdated
	}
	return nil
}
