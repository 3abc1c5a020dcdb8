// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// open opens the ClerkInstances that the ClerkUser of a name uses, and those that have a pending deletion of that name.
func (p *preview) open(ctx context.Context, name types.NamespacedName) error {
	for _, instance := range p.cluster.instances.list("", map[string]string{index.PendingDeletion: name.String()}) {
		if err := p.openInstance(ctx, instance); err != nil {
			return err
		}
	}
	user, found := p.cluster.users.objects[name]
	if !found {
		return nil
	}
	references := p.references()
	for _, names := range [][]types.NamespacedName{references.Names(user), references.RemovalNames(user)} {
		instance, err := references.Find(ctx, names)
		if err != nil && !apierrors.IsForbidden(err) {
			return err
		}
		if err != nil {
			p.unknown(name, "the ClerkInstance cannot be read: "+err.Error())
		}
		if instance == nil {
			continue
		}
		if err := p.openInstance(ctx, instance); err != nil {
			return err
		}
	}
	return nil
}

// openInstance makes a ClerkInstance known to the reconciler, as the controller of ClerkInstances does after it has checked the key.
func (p *preview) openInstance(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	name := types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
	if p.opened[name] {
		return nil
	}
	p.opened[name] = true
	state := connection.State{UID: instance.UID, Generation: instance.Generation}
	opened, err := p.config.Open(ctx, instance.DeepCopy())
	unusable, is := errors.AsType[*UnusableError](err)
	switch {
	case is:
		state.Problem = unusable.Problem
	case err != nil:
		return fmt.Errorf("opening ClerkInstance %s: %w", name, err)
	default:
		if state.Problem = clerkinstance.PinProblem(instance, opened.ID); state.Problem == "" {
			state.Connection = p.connect(name, instance, opened)
		}
	}
	p.pool.Set(name, state)
	return nil
}

// connect returns the connection of the reconciler to the simulation of a Clerk instance. ClerkInstances of one Clerk instance share
// it.
func (p *preview) connect(name types.NamespacedName, instance *v1alpha1.ClerkInstance, opened Instance) *connection.Connection {
	simulated, found := p.simulations[opened.ID]
	if !found {
		simulated = newSimulation(opened, p.clock)
		simulated.made = p.recordCall
		p.simulations[opened.ID] = simulated
	}
	_, copies := p.pool.Join(name, opened.ID, connection.Terms{
		RequestsPer10s: clerk.Budget("", nil, nil),
		Interval:       instance.Spec.DriftInterval(), FullInterval: instance.Spec.FullInterval(),
	})
	return connection.WithRights(opened.ID, opened.Environment, copies, simulated.rights())
}
