// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// findWay finds the ClerkInstance through which the ClerkUser is bound, whether it allows the action to this namespace, and
// the way to Clerk. It reads the ClerkInstance live: what its owner has just forbidden is not done any more.
func (p *pass) findWay(ctx context.Context) error {
	name := p.instanceName()
	instance := &v1alpha1.ClerkInstance{}
	err := p.Live.Get(ctx, name, instance)
	if apierrors.IsNotFound(err) {
		return instanceNotFound(name)
	}
	if err != nil {
		return fmt.Errorf("reading ClerkInstance %s live: %w", name, err)
	}
	p.instance = instance
	if len(instance.Undecoded) > 0 {
		return instanceNotReady(name, "it holds values that are not understood; its own conditions say which")
	}
	if err := p.allowed(ctx); err != nil {
		return err
	}
	state, known := p.Pool.State(name)
	switch {
	case !known || state.UID != instance.UID || state.Generation != instance.Generation:
		return &waitError{after: unknownRetry, err: errInstanceUnknown}
	case state.Connection == nil:
		return instanceNotReady(name, state.Problem)
	case state.Connection.InstanceID != p.user.Status.Instance.ID:
		return instanceChanged(p.user.Status.Instance)
	}
	p.connection = state.Connection
	// Somebody waits for every action, so it comes before what is merely compared.
	p.client = state.Connection.Client.For(ratelimit.Caller{ID: p.uid(), Flow: p.action.Namespace, Level: ratelimit.Interactive})
	return nil
}

// instanceName is that of the ClerkInstance through which the ClerkUser is bound.
func (p *pass) instanceName() types.NamespacedName {
	bound := p.user.Status.Instance
	return types.NamespacedName{Namespace: bound.Namespace, Name: bound.Name}
}

// allowed checks that the instance admits objects of this namespace, and that its policy has the action.
func (p *pass) allowed(ctx context.Context) error {
	admits, err := clerkuser.Admits(ctx, p.Client, p.instance, p.action.Namespace)
	switch {
	case err != nil:
		return err
	case !admits:
		return namespaceNotAllowed(p.instanceName(), p.action.Namespace)
	case !p.instance.Spec.Allows(p.actionType):
		return actionNotAllowed(p.instanceName(), p.actionType)
	}
	return nil
}
