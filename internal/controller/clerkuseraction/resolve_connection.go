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
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// resolveConnection finds the ClerkInstance through which the ClerkUser is bound, whether it allows the action to this
// namespace, and the connection to Clerk. It reads the ClerkInstance live: what its owner has just forbidden is not done.
type resolveConnection struct {
	reader    client.Reader
	apiReader client.Reader
	pool      *connection.Pool
}

func (s resolveConnection) run(
	ctx context.Context, action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser,
) (*connection.Connection, error) {
	name := instanceName(user)
	instance := &v1alpha1.ClerkInstance{}
	err := s.apiReader.Get(ctx, name, instance)
	if apierrors.IsNotFound(err) {
		return nil, instanceNotFound(name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading ClerkInstance %s live: %w", name, err)
	}
	if instance.Undecoded != nil {
		return nil, instanceNotReady(name, "it has values that the operator cannot read; see its conditions")
	}
	if err := s.checkAllowed(ctx, action, instance, name); err != nil {
		return nil, err
	}
	state, known := s.pool.State(name)
	switch {
	case !known || state.UID != instance.UID || state.Generation != instance.Generation:
		return nil, &reconcile.WaitError{After: unknownRetry, Err: errInstanceUnknown}
	case state.Connection == nil:
		return nil, instanceNotReady(name, state.Problem)
	case state.Connection.InstanceID != user.Status.Instance.ID:
		return nil, instanceChanged(user.Status.Instance)
	}
	return state.Connection, nil
}

// checkAllowed checks that the instance admits objects of this namespace, and that its policy has the action.
func (s resolveConnection) checkAllowed(
	ctx context.Context, action *v1alpha1.ClerkUserAction, instance *v1alpha1.ClerkInstance, name types.NamespacedName,
) error {
	admits, err := index.Admits(ctx, s.reader, instance, action.Namespace)
	switch {
	case err != nil:
		return err
	case !admits:
		return namespaceNotAllowed(name, action.Namespace)
	case !instance.Spec.Allows(action.Spec.ActionType()):
		return actionNotAllowed(name, action.Spec.ActionType())
	}
	return nil
}

// callerOf is on whose behalf the calls of an action are made. Somebody waits for every action, so it comes before what is
// merely compared.
func callerOf(action *v1alpha1.ClerkUserAction) ratelimit.Caller {
	return ratelimit.Caller{ID: string(action.UID), Flow: action.Namespace, Level: ratelimit.Interactive}
}
